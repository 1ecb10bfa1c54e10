// One pass from brace to brace.
#include "alerts/template.hpp"

#include <functional>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

constexpr std::string_view kLabels = "$labels.";

bool is_name(std::string_view text) {
  constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789";
  return !text.empty() && text.find_first_not_of(kLetters) == std::string_view::npos &&
         !(text[0] >= '0' && text[0] <= '9');
}

bool is_known(std::string_view what) {
  return what == "$value" || (what.starts_with(kLabels) && is_name(what.substr(kLabels.size())));
}

/// Copies the text; what stands between {{ and }} becomes what `replace` makes of it. False: a {{ is never closed.
bool walk(std::string_view text, std::string& out, const std::function<std::string(std::string_view)>& replace) {
  for (;;) {
    const auto open = text.find("{{");
    out += text.substr(0, open);
    if (open == std::string_view::npos) return true;
    const auto close = text.find("}}", open);
    if (close == std::string_view::npos) {
      out += text.substr(open);
      return false;
    }
    out += replace(text.substr(open, close + 2 - open));
    text.remove_prefix(close + 2);
  }
}

std::string_view inside(std::string_view braced) { return trim(braced.substr(2, braced.size() - 4)); }

}  // namespace

std::optional<std::string> template_trouble(std::string_view text) {
  std::optional<std::string> trouble;
  std::string ignored;
  const bool closed = walk(text, ignored, [&](std::string_view braced) {
    if (!trouble && !is_known(inside(braced)))
      trouble = "holds {{ that is followed by neither $value nor $labels.NAME, expected one of them and }}";
    return std::string();
  });
  if (!closed) return "holds {{ without }}, expected both";
  return trouble;
}

std::string filled_in(std::string_view text, const std::map<std::string, std::string>& labels, std::string_view value) {
  std::string out;
  walk(text, out, [&](std::string_view braced) -> std::string {
    const std::string_view what = inside(braced);
    if (!is_known(what)) return std::string(braced);
    if (what == "$value") return std::string(value);
    const auto found = labels.find(std::string(what.substr(kLabels.size())));
    return found == labels.end() ? "" : found->second;
  });
  return out;
}

}  // namespace mw
