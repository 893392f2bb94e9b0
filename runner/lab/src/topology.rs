//! Describes the two seed topologies as data: where each agent is, which sites there are, and whom each site admits.
//!
//! The VNet is 127.10.0.0/16, and each of its subnets is a /24. The platform has 127.20.0.0/16. Callers outside any VNet
//! share 127.52.0.0/16. The internet is 127.203.0.113.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net};

/// A topology, and the scenario that describes it.
#[derive(Debug)]
pub struct Seed {
    /// The scenario's name, and its file's.
    pub name: &'static str,
    /// The shipped scenario.
    pub scenario: &'static str,
    /// The agents beside the runner itself.
    pub(crate) agents: &'static [AgentPlace],
    /// The sites behind the front end.
    pub(crate) sites: &'static [SitePlace],
    /// The scenario's inputs that name subnets.
    pub(crate) subnets: &'static [(&'static str, [u8; 4])],
}

/// An agent: its name and the address it calls from.
#[derive(Debug)]
pub(crate) struct AgentPlace {
    pub(crate) name: &'static str,
    pub(crate) address: [u8; 4],
}

/// A site: the input that holds its host, what serves it, and the subnets it admits.
#[derive(Debug)]
pub(crate) struct SitePlace {
    pub(crate) input: &'static str,
    pub(crate) host: &'static str,
    pub(crate) serves: Serves,
    pub(crate) admits: &'static [[u8; 4]],
}

/// What a site does with a request it admits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Serves {
    /// Passes it to this agent.
    Agent(&'static str),
    /// Answers as a deployment site does to a caller without credentials.
    Scm,
}

pub(crate) const FRONT_END: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 20, 0, 1));
pub(crate) const RESOLVER: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 20, 0, 53));
pub(crate) const INTERNET: IpAddr = IpAddr::V4(Ipv4Addr::new(127, 203, 0, 113));
/// The address that callers outside any VNet leave from.
pub(crate) const SHARED_OUTBOUND: [u8; 4] = [127, 52, 0, 7];
/// The agent that the runner reaches straight; it has no site.
pub(crate) const TEST_VM: &str = "test-vm";

const VM_SUBNET: [u8; 4] = [127, 10, 0, 0];
const APP_1_SUBNET: [u8; 4] = [127, 10, 1, 0];
const APP_2_SUBNET: [u8; 4] = [127, 10, 2, 0];
const FUNCTION_A_SUBNET: [u8; 4] = [127, 10, 3, 0];

/// Both seeds.
pub const SEEDS: &[Seed] = &[
    Seed {
        name: "app-service-to-app-service",
        scenario: include_str!("../../../scenarios/app-service-to-app-service.yaml"),
        agents: &[
            AgentPlace { name: TEST_VM, address: [127, 10, 0, 4] },
            AgentPlace { name: "app-service-1", address: [127, 10, 1, 4] },
            AgentPlace { name: "app-service-2", address: [127, 10, 2, 4] },
        ],
        sites: &[
            SitePlace {
                input: "app_1_host",
                host: "app-service-1.azurewebsites.test",
                serves: Serves::Agent("app-service-1"),
                admits: &[APP_2_SUBNET, VM_SUBNET],
            },
            SitePlace {
                input: "app_1_scm_host",
                host: "app-service-1.scm.azurewebsites.test",
                serves: Serves::Scm,
                admits: &[VM_SUBNET],
            },
            SitePlace {
                input: "app_2_host",
                host: "app-service-2.azurewebsites.test",
                serves: Serves::Agent("app-service-2"),
                admits: &[APP_1_SUBNET, VM_SUBNET],
            },
            SitePlace {
                input: "app_2_scm_host",
                host: "app-service-2.scm.azurewebsites.test",
                serves: Serves::Scm,
                admits: &[VM_SUBNET],
            },
        ],
        subnets: &[("vnet_default", VM_SUBNET), ("vnet_app_1", APP_1_SUBNET), ("vnet_app_2", APP_2_SUBNET)],
    },
    Seed {
        name: "web-app-to-function",
        scenario: include_str!("../../../scenarios/web-app-to-function.yaml"),
        agents: &[
            AgentPlace { name: TEST_VM, address: [127, 10, 0, 4] },
            AgentPlace { name: "function-a", address: [127, 10, 3, 4] },
            // On a Consumption plan: in no VNet.
            AgentPlace { name: "function-b", address: [127, 52, 0, 11] },
        ],
        sites: &[
            SitePlace {
                input: "function_a_host",
                host: "function-a.azurewebsites.test",
                serves: Serves::Agent("function-a"),
                admits: &[VM_SUBNET],
            },
            SitePlace {
                input: "function_a_scm_host",
                host: "function-a.scm.azurewebsites.test",
                serves: Serves::Scm,
                admits: &[VM_SUBNET],
            },
            SitePlace {
                input: "function_b_host",
                host: "function-b.azurewebsites.test",
                serves: Serves::Agent("function-b"),
                admits: &[FUNCTION_A_SUBNET],
            },
            SitePlace {
                input: "function_b_scm_host",
                host: "function-b.scm.azurewebsites.test",
                serves: Serves::Scm,
                admits: &[],
            },
        ],
        subnets: &[("vnet_test", VM_SUBNET), ("vnet_function_a", FUNCTION_A_SUBNET)],
    },
];

/// A subnet: the 256 addresses around one.
pub(crate) fn subnet(of: [u8; 4]) -> IpNet {
    IpNet::V4(Ipv4Net::new(Ipv4Addr::from(of), 24).expect("24 is a prefix length").trunc())
}
