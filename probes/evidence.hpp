// From an answer to a finding: the words that all ecosystems share. Pure; asks nobody and blames nobody.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "probes/follow.hpp"
#include "probes/model.hpp"

namespace mw {

/// A request for a file as it lies on the server's disk: a content coding, if the server applies one, stays on.
/// Package tools do not undo it either, and the .gz files that some servers call coded need it.
Get raw_get(Url url, std::size_t body_limit);

/// Takes into the finding what a fetch showed: bytes add up, timings are the first fetch's, http facts the latest's.
void note(Finding&, const Got&);

/// Why this is no answer: trouble on the way, or a status other than 200 (other 2xx are not a whole file). `name`
/// says in the detail which file it was; after a redirect, the detail also names the host that answered.
std::optional<Failure> no_answer(const std::string& name, const Got&);

/// A web page: by its body, or by what the header says when no body was kept.
bool is_page(const Reply&);

/// The file that was promised: `name` is for people.
struct Promised {
  std::string name;
  std::optional<std::uint64_t> size;
  std::string sha256;
};

/// Whether the answer is the promised file. Size first: it needs no digest to be understood. An answer cut at its
/// body limit counts as too long.
std::optional<Failure> broken_promise(const Promised&, const Got&);

/// The ecosystem's option of this pool; empty when it is not there.
std::string option(const Pool&, std::string_view key);

}  // namespace mw
