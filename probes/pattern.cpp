// The only file that knows RE2.
#include "probes/pattern.hpp"

#include <re2/re2.h>

namespace mw {

namespace {

RE2::Options quiet() {
  RE2::Options options;
  options.set_log_errors(false);
  options.set_max_mem(1 << 20);
  return options;
}

re2::StringPiece piece(std::string_view text) { return {text.data(), text.size()}; }

}  // namespace

std::optional<std::string> regex_error(std::string_view pattern) {
  const RE2 compiled(piece(pattern), quiet());
  if (compiled.ok()) return std::nullopt;
  return compiled.error();
}

bool regex_matches(std::string_view text, std::string_view pattern) {
  const RE2 compiled(piece(pattern), quiet());
  return compiled.ok() && RE2::PartialMatch(piece(text), compiled);
}

Regex::Regex(std::string_view pattern) : compiled_(std::make_shared<const RE2>(piece(pattern), quiet())) {}

bool Regex::matches_whole(std::string_view text) const {
  return compiled_->ok() && RE2::FullMatch(piece(text), *compiled_);
}

}  // namespace mw
