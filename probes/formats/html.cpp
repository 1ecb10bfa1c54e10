// Looks at how a body begins.
#include "probes/formats/html.hpp"

#include <algorithm>
#include <array>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

bool begins(std::string_view text, std::string_view word) {
  return text.size() >= word.size() && equal_ignoring_case(text.substr(0, word.size()), word);
}

/// Cuts "open…close" off the front. False when there is none.
bool skip(std::string_view& text, std::string_view open, std::string_view close) {
  if (!text.starts_with(open)) return false;
  const std::size_t end = text.find(close);
  text = end == std::string_view::npos ? std::string_view() : trim(text.substr(end + close.size()));
  return true;
}

/// "<head" must not take "<header.gz" for a page.
bool begins_element(std::string_view text, std::string_view tag) {
  if (!begins(text, tag)) return false;
  const std::string_view after = text.substr(tag.size());
  return after.empty() || std::string_view(" \t\r\n>/").find(after.front()) != std::string_view::npos;
}

}  // namespace

bool looks_like_html(std::string_view body) {
  constexpr std::array<std::string_view, 6> kTags = {"<!doctype html", "<html", "<head", "<body", "<title", "<script"};
  std::string_view text = body.substr(0, 1024);
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = trim(text);
  while (skip(text, "<!--", "-->") || skip(text, "<?xml", "?>")) continue;
  return std::any_of(kTags.begin(), kTags.end(), [&](std::string_view tag) { return begins_element(text, tag); });
}

}  // namespace mw
