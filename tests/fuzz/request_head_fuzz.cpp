// The head of a request: what is let through is plain, and means the same to whoever reads it after us.
#include "exporter/web/request_head.hpp"
#include "tests/fuzz/fuzzing.hpp"

using namespace mw;

namespace {

bool is_plain_text(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

void check(const RequestHead& head, std::string_view text) {
  const WebRequest& request = head.request;
  must(head.size <= kLargestHead && head.size <= text.size());
  must(text.substr(0, head.size).ends_with("\r\n\r\n"));
  must(head.body_length <= kLargestBody);
  must(request.path.starts_with('/') && request.path.find('?') == std::string::npos);
  for (const std::string* each :
       {&request.method, &request.path, &request.query, &request.accept, &request.origin, &request.accept_encoding,
        &request.scrape_timeout, &request.fetch_site, &request.authorization.reveal(), &request.token.reveal()})
    must(is_plain_text(*each));
  must(request.method == "GET" || request.method == "HEAD" || request.method == "POST" || request.method == "DELETE");
  // What comes after the head, or has not come yet, changes nothing about it.
  const auto alone = read_head(text.substr(0, head.size));
  must(std::holds_alternative<RequestHead>(alone));
  must(std::get<RequestHead>(alone).request.path == request.path);
  must(!std::holds_alternative<RequestHead>(read_head(text.substr(0, head.size - 1))));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = as_text(data, size);
  const auto reading = read_head(text);
  if (const auto* head = std::get_if<RequestHead>(&reading)) check(*head, text);
  if (const auto* trouble = std::get_if<HeadTrouble>(&reading)) must(trouble->status >= 400 && !trouble->why.empty());
  if (std::holds_alternative<HeadIncomplete>(reading)) must(size < kLargestHead);
  return 0;
}
