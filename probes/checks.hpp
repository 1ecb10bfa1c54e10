// The checks that every ecosystem shares, and the table from a word to a function.
#pragma once

#include "probes/ecosystem.hpp"
#include "probes/net.hpp"
#include "probes/target.hpp"

namespace mw {

/// Asks every configured resolver (or the system's) for the mirror's name.
Task<Finding> look_dns(Net&, Target);
/// Connects to every address behind the mirror's name.
Task<Finding> look_tcp(Net&, Target);
/// Shakes hands with every address and reads the certificate, however bad.
Task<Finding> look_tls(Net&, Target);
/// Fetches from every address what Pool::http describes.
Task<Finding> look_http(Net&, Target);

/// The ecosystem's own look at what version is served, at every address behind the mirror's name.
Task<Finding> look_freshness(Net&, Target);

using Look = Task<Finding> (*)(Net&, Target);

/// The function for a kind of check; integrity is the ecosystem's own.
Look find_look(CheckKind, const Ecosystem&);

/// Whether the check makes sense for this mirror: no TLS on http, no DNS for a literal address, and below a proxy
/// only what is asked through it.
bool applies(CheckKind, const Mirror&);

// ---- pure ---------------------------------------------------------------------------------------------------

/// What several addresses mean together. A client tries the next address only when it cannot connect, so: a
/// failure if no address accepts a connection, or if one that does fails above the connect layer.
std::optional<Failure> combine(const std::vector<AddressLook>&);

/// Looks at several addresses as one finding: facts of the first that told a version, else of the first.
Finding combine_looks(const std::vector<Address>&, std::vector<Finding>);

/// One resolver's answer.
struct ResolverAnswer {
  std::string resolver;
  Answer answer;
};

/// A failure if all resolvers failed; a disagreement if one denies the name or points into private space while
/// another gives public addresses. Differing public addresses are what a CDN does, not a failure.
std::optional<Failure> compare_answers(const std::vector<ResolverAnswer>&);

/// Whether a reply is what was expected: status, then headers, then body.
std::optional<Failure> unexpected(const HttpExpectation&, const Reply&);

}  // namespace mw
