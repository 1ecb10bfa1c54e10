// RFC 9112, with every freedom that it leaves to a recipient used to refuse.
#include "exporter/web/request_head.hpp"

#include <algorithm>
#include <array>
#include <optional>

namespace mw {

namespace {

constexpr std::size_t kMostFields = 100;
constexpr std::array<std::string_view, 4> kMethods = {"GET", "HEAD", "POST", "DELETE"};
constexpr std::string_view kEnd = "\r\n\r\n";

using Trouble = std::optional<HeadTrouble>;

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

bool is_same_word(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

bool is_digit(char c) { return c >= '0' && c <= '9'; }

/// Letters, digits and these.
bool is_made_of(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(), [marks](char c) {
    return is_digit(c) || (lower(c) >= 'a' && lower(c) <= 'z') || marks.find(c) != std::string_view::npos;
  });
}

bool is_token(std::string_view text) { return !text.empty() && is_made_of(text, "!#$%&'*+-.^_`|~"); }

std::string_view trim_blanks(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

/// Bytes that end a line or a C string, as such or percent-encoded, have no place in any URI of ours.
bool is_clean(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const auto byte = static_cast<unsigned char>(target[i]);
    if (byte <= 0x20 || byte >= 0x7F || byte == '#') return false;
    if (byte != '%') continue;
    const auto code = target.substr(i + 1, 2);
    if (code == "00" || is_same_word(code, "0a") || is_same_word(code, "0d")) return false;
  }
  return true;
}

/// Line ends are CR LF and nothing else is; no other control character but the tab is part of a line.
bool has_stray_control(std::string_view bytes) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto byte = static_cast<unsigned char>(bytes[i]);
    if (byte == '\r' && i + 1 < bytes.size() && bytes[i + 1] != '\n') return true;
    if (byte == '\n' && (i == 0 || bytes[i - 1] != '\r')) return true;
    if (byte == 0x7F || (byte < 0x20 && byte != '\r' && byte != '\n' && byte != '\t')) return true;
  }
  return false;
}

Trouble trouble_of_protocol(std::string_view bytes) {
  constexpr std::string_view kHttp2 = "PRI * HTTP/2";
  if (bytes.starts_with("\x16\x03"))
    return HeadTrouble{400, "this port speaks plain HTTP, and that was TLS: use http://, or configure TLS here", true};
  if (bytes.starts_with(kHttp2)) return HeadTrouble{505, "this port speaks HTTP/1.1, and that was HTTP/2", true};
  return std::nullopt;
}

/// Of a head that has not ended.
std::variant<HeadIncomplete, RequestHead, HeadTrouble> unfinished(std::string_view bytes) {
  if (has_stray_control(bytes))
    return HeadTrouble{400, "the head has a control character, or a line that ends not in CR LF"};
  if (bytes.size() < kLargestHead) return HeadIncomplete{};
  const bool is_long_line = bytes.find("\r\n") == std::string_view::npos;
  return is_long_line ? HeadTrouble{414, "the request's first line is longer than 8 KiB"}
                      : HeadTrouble{431, "the request's head is larger than 8 KiB"};
}

class HeadReader {
 public:
  Trouble request_line(std::string_view line);
  Trouble field(std::string_view line);
  Trouble conclude();
  RequestHead head;

 private:
  Trouble version(std::string_view text);
  Trouble target(std::string_view text);
  Trouble length(std::string_view value);
  Trouble expect(std::string_view value);
  Trouble once(std::string& into, std::string_view value);
  Trouble secret_once(Secret& into, std::string_view value);
  void connection(std::string_view value);
  Trouble host(std::string_view value);
  static Trouble listed(std::string& into, std::string_view value);
  Trouble known_field(std::string_view name, std::string_view value);

  std::size_t fields_ = 0;
  bool is_http_11_ = false;
  bool has_host_ = false;
  bool has_length_ = false;
  bool has_transfer_encoding_ = false;
  bool wants_close_ = false;
  bool wants_keep_alive_ = false;
};

Trouble HeadReader::request_line(std::string_view line) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last || !is_token(line.substr(0, first)))
    return HeadTrouble{400, "the first line is not METHOD TARGET VERSION"};
  if (auto trouble = version(line.substr(last + 1))) return trouble;
  const auto method = line.substr(0, first);
  if (std::find(kMethods.begin(), kMethods.end(), method) == kMethods.end())
    return HeadTrouble{405, "method not allowed"};
  head.request.method = method;
  return target(line.substr(first + 1, last - first - 1));
}

Trouble HeadReader::version(std::string_view text) {
  is_http_11_ = text == "HTTP/1.1";
  if (is_http_11_ || text == "HTTP/1.0") return std::nullopt;
  const bool is_http = text.starts_with("HTTP/") && text.size() == 8 && is_digit(text[5]) && is_digit(text[7]);
  return is_http ? HeadTrouble{505, "this port speaks HTTP/1.1"}
                 : HeadTrouble{400, "the first line does not end in HTTP/1.1"};
}

Trouble HeadReader::target(std::string_view text) {
  if (!text.starts_with('/'))
    return HeadTrouble{400, "this is no proxy: the target must be a path that begins with a slash"};
  if (!is_clean(text)) return HeadTrouble{400, "the target has bytes that no URI may have"};
  const auto question = text.find('?');
  head.request.path = text.substr(0, question);
  if (question != std::string_view::npos) head.request.query = text.substr(question + 1);
  return std::nullopt;
}

Trouble HeadReader::field(std::string_view line) {
  if (++fields_ > kMostFields) return HeadTrouble{431, "the request has more than 100 header fields"};
  if (line.starts_with(' ') || line.starts_with('\t'))
    return HeadTrouble{400, "a header field goes on in the next line"};
  const auto colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon)))
    return HeadTrouble{400, "a header line is not NAME: VALUE"};
  return known_field(line.substr(0, colon), trim_blanks(line.substr(colon + 1)));
}

Trouble HeadReader::known_field(std::string_view name, std::string_view value) {
  WebRequest& request = head.request;
  const auto is = [name](std::string_view wanted) { return is_same_word(name, wanted); };
  if (is("Host")) return host(value);
  if (is("Content-Length")) return length(value);
  if (is("Expect")) return expect(value);
  if (is("Accept")) return listed(request.accept, value);
  if (is("Accept-Encoding")) return listed(request.accept_encoding, value);
  if (is("X-Prometheus-Scrape-Timeout-Seconds")) return once(request.scrape_timeout, value);
  if (is("Origin")) return once(request.origin, value);
  if (is("Sec-Fetch-Site")) return once(request.fetch_site, value);
  if (is("Authorization")) return secret_once(request.authorization, value);
  if (is("X-Mirrorwarden-Token")) return secret_once(request.token, value);
  if (is("Transfer-Encoding")) has_transfer_encoding_ = true;
  if (is("Connection")) connection(value);
  return std::nullopt;
}

Trouble HeadReader::once(std::string& into, std::string_view value) {
  if (!into.empty()) return HeadTrouble{400, "a header field that may come once came twice"};
  into = value;
  return std::nullopt;
}

Trouble HeadReader::secret_once(Secret& into, std::string_view value) {
  if (!into.empty()) return HeadTrouble{400, "a header field that may come once came twice"};
  into = Secret(std::string(value));
  return std::nullopt;
}

/// RFC 9110 §5.3: lines of one list are one list.
Trouble HeadReader::listed(std::string& into, std::string_view value) {
  if (!into.empty()) into += ", ";
  into += value;
  return std::nullopt;
}

Trouble HeadReader::host(std::string_view value) {
  if (has_host_) return HeadTrouble{400, "a header field that may come once came twice"};
  has_host_ = true;
  const bool is_name = is_made_of(value, ".-_:[]%");
  return is_name ? std::nullopt : Trouble(HeadTrouble{400, "the Host header is no host"});
}

/// One number in decimal digits, once: RFC 9112 §6.3 lets equal ones pass, and so hides what a proxy made of them.
Trouble HeadReader::length(std::string_view value) {
  if (has_length_) return HeadTrouble{400, "a header field that may come once came twice"};
  has_length_ = true;
  if (value.empty() || !std::all_of(value.begin(), value.end(), is_digit))
    return HeadTrouble{400, "the Content-Length is no number"};
  for (const char c : value) {
    head.body_length = head.body_length * 10 + static_cast<std::size_t>(c - '0');
    if (head.body_length > kLargestBody) return HeadTrouble{413, "the body is larger than 64 KiB"};
  }
  return std::nullopt;
}

Trouble HeadReader::expect(std::string_view value) {
  head.awaits_continue = is_same_word(value, "100-continue");
  return head.awaits_continue ? std::nullopt : Trouble(HeadTrouble{417, "only 100-continue can be expected"});
}

void HeadReader::connection(std::string_view value) {
  while (!value.empty()) {
    const auto comma = value.find(',');
    const auto option = trim_blanks(value.substr(0, comma));
    wants_close_ = wants_close_ || is_same_word(option, "close");
    wants_keep_alive_ = wants_keep_alive_ || is_same_word(option, "keep-alive");
    value.remove_prefix(comma == std::string_view::npos ? value.size() : comma + 1);
  }
}

Trouble HeadReader::conclude() {
  if (has_transfer_encoding_)
    return HeadTrouble{400, "a Transfer-Encoding is not understood here: send a Content-Length"};
  if (is_http_11_ && !has_host_) return HeadTrouble{400, "the request has no Host header"};
  head.keeps_alive = !wants_close_ && (is_http_11_ || wants_keep_alive_);
  head.awaits_continue = head.awaits_continue && is_http_11_ && head.body_length > 0;
  return std::nullopt;
}

}  // namespace

std::variant<HeadIncomplete, RequestHead, HeadTrouble> read_head(std::string_view bytes) {
  if (auto trouble = trouble_of_protocol(bytes)) return *trouble;
  const auto end = bytes.substr(0, kLargestHead).find(kEnd);
  if (end == std::string_view::npos) return unfinished(bytes.substr(0, kLargestHead));
  std::string_view rest = bytes.substr(0, end + 2);
  if (has_stray_control(rest))
    return HeadTrouble{400, "the head has a control character, or a line that ends not in CR LF"};
  HeadReader reader;
  for (bool is_first = true; !rest.empty(); is_first = false) {
    const auto line = rest.substr(0, rest.find("\r\n"));
    if (auto trouble = is_first ? reader.request_line(line) : reader.field(line)) return *trouble;
    rest.remove_prefix(line.size() + 2);
  }
  if (auto trouble = reader.conclude()) return *trouble;
  reader.head.size = end + kEnd.size();
  return std::move(reader.head);
}

WebReply reply_to(const HeadTrouble& trouble) {
  WebReply reply = plain(trouble.status, trouble.why);
  if (trouble.status == 405) reply.headers.emplace_back("Allow", "GET, HEAD, POST, DELETE");
  return reply;
}

}  // namespace mw
