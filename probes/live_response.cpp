// The rules of RFC 9112 that matter to a sceptic, applied while the bytes pass.
#include "probes/live_response.hpp"

#include <algorithm>
#include <cctype>
#include <charconv>

#include "probes/formats/text.hpp"

namespace mw {

namespace {

/// Chunks of one byte are framed in six; anything wordier says more about itself than about a file.
constexpr std::uint64_t kFramingFactor = 8;
constexpr std::uint64_t kFramingAllowance = 64 * 1024;

std::string_view trimmed(std::string_view text) {
  const auto blank = [](char c) { return c == ' ' || c == '\t'; };
  while (!text.empty() && blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && blank(text.back())) text.remove_suffix(1);
  return text;
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) line.remove_suffix(1);
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

bool is_token(std::string_view text) {
  constexpr std::string_view kMarks = "!#$%&'*+-.^_`|~";
  const auto in_token = [&](unsigned char c) {
    return std::isalnum(c) != 0 || kMarks.find(static_cast<char>(c)) != kMarks.npos;
  };
  return !text.empty() && std::all_of(text.begin(), text.end(), in_token);
}

/// Digits only, and they fit: no sign, no blank, no 1e20.
std::optional<std::uint64_t> read_number(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (number > static_cast<std::uint64_t>(INT64_MAX)) return std::nullopt;
  return number;
}

template <class Reader>
bool for_each_item(std::string_view list, Reader read) {
  for (std::size_t from = 0; from <= list.size();) {
    const std::size_t comma = std::min(list.find(',', from), list.size());
    if (!read(trimmed(list.substr(from, comma - from)))) return false;
    from = comma + 1;
  }
  return true;
}

}  // namespace

bool ResponseReader::fail(Reason reason, std::string detail) {
  if (!trouble_) trouble_ = Failure{Layer::http, reason, std::move(detail)};
  return false;
}

bool ResponseReader::header_line(std::string_view line) {
  if (trouble_) return false;
  header_bytes_ += line.size();
  if (header_bytes_ > rules_.header_limit)
    return fail(Reason::header_limit, "more than " + std::to_string(rules_.header_limit) + " bytes of header lines");
  if (final_) return true;  // trailers count, and mean nothing to us
  line = without_line_end(line);
  if (line.empty()) return end_of_block();
  return in_block_ ? field(line) : status_line(line);
}

bool ResponseReader::status_line(std::string_view line) {
  const bool second = rules_.http2 && line.starts_with("HTTP/2 ");
  const bool version = second || line.starts_with("HTTP/1.1 ") || line.starts_with("HTTP/1.0 ");
  const std::size_t at = second ? 7 : 9;
  const std::uint64_t status = version && line.size() >= at + 3 ? read_number(line.substr(at, 3)).value_or(0) : 0;
  const bool ends = line.size() == at + 3 || (line.size() > at + 3 && line[at + 3] == ' ');
  if (!ends || status < 100 || status > 599)
    return fail(Reason::malformed, "not an HTTP/1 status line: " + std::string(line.substr(0, 64)));
  if (status == 101) return fail(Reason::malformed, "switches protocols without being asked");
  reply_.status = static_cast<int>(status);
  reply_.http_version = line.substr(5, second ? 1 : 3);
  in_block_ = true;
  return true;
}

bool ResponseReader::field(std::string_view line) {
  if (line.find('\0') != line.npos) return fail(Reason::malformed, "NUL in a header line");
  if (line.front() == ' ' || line.front() == '\t') {
    if (reply_.headers.empty()) return fail(Reason::malformed, "a folded line continues no header");
    reply_.headers.back().second.append(" ").append(trimmed(line));
    return true;
  }
  const std::size_t colon = line.find(':');
  if (colon == line.npos || !is_token(line.substr(0, colon)))
    return fail(Reason::malformed, "not a header line: " + std::string(line.substr(0, 64)));
  reply_.headers.emplace_back(lower(line.substr(0, colon)), trimmed(line.substr(colon + 1)));
  return true;
}

bool ResponseReader::end_of_block() {
  const bool interim = reply_.status < 200;
  const bool opens_tunnel = waits_for_tunnel() && reply_.status >= 200 && reply_.status < 300;
  if (interim || opens_tunnel) {
    tunnel_is_up_ = tunnel_is_up_ || opens_tunnel;
    in_block_ = false;
    reply_.status = 0;
    reply_.headers.clear();
    return true;
  }
  if (waits_for_tunnel()) return true;  // refused: the client library reports it as the proxy's trouble
  final_ = true;
  return check_framing();
}

bool ResponseReader::check_framing() {
  for (const auto& [name, value] : reply_.headers) {
    if (name == "content-length" && !read_length(value)) return false;
    if (name == "transfer-encoding" && !read_coding(value)) return false;
  }
  if (chunked_ && content_length_) return fail(Reason::malformed, "both Content-Length and Transfer-Encoding");
  if (has_body() && content_length_ && *content_length_ > rules_.body_limit)
    return fail(Reason::body_limit, "announces " + std::to_string(*content_length_) + " bytes, allowed are " +
                                        std::to_string(rules_.body_limit));
  return true;
}

bool ResponseReader::read_length(std::string_view value) {
  return for_each_item(value, [this](std::string_view item) {
    const auto length = read_number(item);
    if (!length) return fail(Reason::malformed, "Content-Length is not a length: " + std::string(item.substr(0, 64)));
    if (content_length_ && *content_length_ != *length)
      return fail(Reason::malformed,
                  "two Content-Lengths: " + std::to_string(*content_length_) + " and " + std::to_string(*length));
    content_length_ = length;
    return true;
  });
}

bool ResponseReader::read_coding(std::string_view value) {
  return for_each_item(value, [this](std::string_view item) {
    const std::string coding = lower(item);
    if (coding == "identity") return true;  // RFC 2616's way of saying nothing
    if (coding != "chunked" || chunked_)
      return fail(Reason::malformed, "Transfer-Encoding nobody asked for: " + coding.substr(0, 64));
    chunked_ = true;
    return true;
  });
}

bool ResponseReader::has_body() const { return !rules_.answers_head && reply_.status != 204 && reply_.status != 304; }

bool ResponseReader::body(std::string_view bytes) {
  if (trouble_) return false;
  reply_.body_bytes += bytes.size();
  if (reply_.body_bytes > rules_.body_limit)
    return fail(Reason::body_limit, "more than " + std::to_string(rules_.body_limit) + " bytes of body");
  digest_.update(bytes);
  if (rules_.spool) return spool(bytes);
  if (rules_.keep_body) reply_.body.append(bytes);
  return true;
}

bool ResponseReader::spool(std::string_view bytes) {
  if (!reply_.spool) reply_.spool = Spool::make();
  if (reply_.spool && reply_.spool->append(bytes)) return true;
  trouble_ = Failure{Layer::http, Reason::local_resource, "no room for a temporary file"};
  return false;
}

bool ResponseReader::framed(std::size_t bytes) {
  if (trouble_) return false;
  framed_bytes_ += bytes;
  // What is framed in this piece has not been counted as body yet, hence the piece itself is allowed for.
  if (framed_bytes_ > kFramingFactor * (reply_.body_bytes + bytes) + kFramingAllowance)
    return fail(Reason::malformed, "chunks with next to nothing in them");
  return true;
}

void ResponseReader::excess() { excess_ = true; }

std::optional<Failure> ResponseReader::verdict() const {
  if (trouble_) return trouble_;
  const auto failure = [](Reason reason, std::string detail) {
    return Failure{Layer::http, reason, std::move(detail)};
  };
  if (!final_) return failure(Reason::truncated, "closed before the end of the headers");
  const bool surplus = !chunked_ && framed_bytes_ > reply_.body_bytes;
  if (excess_ || surplus) return failure(Reason::malformed, "bytes after the end of the answer");
  if (has_body() && !chunked_ && content_length_ && *content_length_ != reply_.body_bytes)
    return failure(Reason::truncated, "closed after " + std::to_string(reply_.body_bytes) + " of " +
                                          std::to_string(*content_length_) + " bytes");
  return std::nullopt;
}

Reply ResponseReader::take() {
  if (!final_) {
    reply_.status = 0;
    reply_.headers.clear();
  }
  reply_.sha256 = digest_.hex();
  reply_.bytes_received = bytes();
  if (rules_.spool && !reply_.spool) reply_.spool = Spool::make();
  if (reply_.spool && !reply_.spool->rewind()) reply_.spool = nullptr;
  return std::move(reply_);
}

}  // namespace mw
