// What the http prober decides: where a redirect leads, what may travel there, and whether an answer will do. Pure.
#pragma once

#include <map>
#include <optional>
#include <string>

#include "probes/modules.hpp"

namespace mw {

/// The URL of a target, http:// in front when it has no scheme. The error says what is wrong with it.
std::variant<Url, std::string> target_url(std::string_view target);

/// One request of a probe. `url` is where it is addressed to; the fetch may have to say otherwise (SNI, proxies).
struct HttpHop {
  Url url;
  std::string method;
  std::string body;
  std::string host_header;  ///< empty = the URL's own
  std::string server_name;  ///< empty = the URL's own
  bool own = true;          ///< still the target's origin: credentials and headers may go there
  bool stays = false;       ///< at the address of the hop before
};

HttpHop first_http_hop(const ProbeTarget&, const Url&);

/// Nothing: the answer is the final one. An error: it leads nowhere.
std::variant<std::optional<HttpHop>, Failure> next_http_hop(const HttpHop&, const Reply&, const Url& origin);

/// Cookies of this probe, by origin; a simple jar: what an origin has set goes back to it.
using Cookies = std::map<std::string, std::map<std::string, std::string>>;
void keep_cookies(Cookies&, const Url&, const Reply&);

/// The request, but for addresses, proxy and deadline.
Fetch fetch_of(const ProbeTarget&, const HttpHop&, const Cookies&);

/// Whether the module's proxy is not used for this host.
bool goes_direct(const std::vector<std::string>& no_proxy, std::string_view host);

/// Adds the phases of a hop. `final`: its body counts as well.
void add_phases(HttpProbed&, const Timings&, bool final);

/// Reads status, version, lengths and dates off the final answer.
void read_answer(HttpProbed&, const Reply&, const Url&);

/// The first thing that the module minds about the final answer, which has a status. `refused_redirect`: it leads
/// on, but is not followed; there is no body to look at then.
std::optional<Failure> judge_answer(HttpProbed&, const HttpModule&, const Reply&, bool refused_redirect);

/// Undoes the module's content coding.
std::optional<Failure> decode_answer(Reply&, const HttpModule&);

}  // namespace mw
