// The tables of the configuration: one row per key. Adding a key is adding its row in config_tables.cpp.
#pragma once

#include <vector>

#include "exporter/fields.hpp"
#include "probes/ecosystem.hpp"

namespace mw {

/// What the text says, before defaults that depend on other keys are filled in.
struct Draft {
  AgentConfig agent;
  std::vector<Pool> pools;
  std::vector<Rule> rules;
  std::vector<Receiver> receivers;
  std::vector<Maintenance> maintenance;
  WatchdogConfig watchdog;
  ProbeConfig probe;
  std::vector<Module> modules;
};

const Fields<Draft>& root_fields();
const Fields<AgentConfig>& agent_fields();
const Fields<Pool>& pool_fields();
const Fields<Pool>& option_fields(const Ecosystem&);  ///< of [pool.apt], into Pool::options
const Fields<Canary>& canary_fields();
const Fields<HttpExpectation>& http_fields();
const Fields<Mirror>& mirror_fields();
const Fields<Mirror>& reference_fields();  ///< a mirror's, but the name is optional
const Fields<FileList>& file_list_fields();
const Fields<WebList>& web_list_fields();
const Fields<Proxy>& proxy_fields();
const Fields<Rule>& rule_fields();
const Fields<Maintenance>& maintenance_fields();
const Fields<WatchdogConfig>& watchdog_fields();
const Fields<ProbeConfig>& probe_fields();
const Fields<Module>& module_fields();
const Fields<HttpModule>& http_module_fields();
const Fields<TcpModule>& tcp_module_fields();
const Fields<DnsModule>& dns_module_fields();
const Fields<IcmpModule>& icmp_module_fields();
const Fields<HttpAuthorization>& basic_auth_fields();
const Fields<HttpAuthorization>& authorization_fields();
const Fields<RecordRules>& record_rule_fields();
const Fields<TcpStep>& step_fields();
const Fields<TcpModule>& module_tls_fields();  ///< the same in http and dns
Field<Draft> module_list_row();
const Fields<Receiver>& receiver_fields();
const Fields<Receiver>& kind_fields(const ReceiverKind&);  ///< of [receiver.slack]

/// Defaults that depend on other keys. Values that could not be read are left alone.
void complete(Pool& pool);

// What no single key can know: contradictions, duplicates, names of things that are not there.
void check_pools(const Draft& draft, Reading& reading);
void check_rules(const Draft& draft, Reading& reading);
void check_receivers(const Draft& draft, Reading& reading);
void check_watchdog(const WatchdogConfig& watchdog, Reading& reading);
void check_maintenance(const Draft& draft, Reading& reading);
void check_modules(const Draft& draft, Reading& reading);
/// Both of cert_file and key_file, or neither.
void check_client_certificate(const TlsOptions& tls, const std::string& path, Reading& reading);
void check_agent(const AgentConfig& agent, Reading& reading);

/// Complains about a name that was taken before. `what` is what it names; `seen` maps names to their paths.
void check_name(const std::string& name, const std::string& path, std::map<std::string, std::string>& seen,
                Reading& reading);

/// How many of a pool's mirrors are references: they come first.
std::size_t reference_count(const Pool& pool);
/// The path of the i-th of a pool's mirrors: pool[0].reference[1] or pool[0].mirror[2].
std::string mirror_path(const std::string& pool_path, const Pool& pool, std::size_t index);

}  // namespace mw
