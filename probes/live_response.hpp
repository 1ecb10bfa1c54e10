// Reads an HTTP/1.x answer as the client library hands it over, and holds it to rules the library does not keep:
// caps on every byte, agreement of the lengths, well-formed lines. Pure; knows neither libcurl nor a socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "probes/digest.hpp"
#include "probes/net.hpp"

namespace mw {

struct ResponseRules {
  std::size_t header_limit = 0;
  std::uint64_t body_limit = 0;
  bool keep_body = true;
  bool spool = false;           ///< keep it in a file instead
  bool http2 = false;           ///< an answer may be HTTP/2's, told as if it were HTTP/1
  bool answers_head = false;    ///< an answer to HEAD: lengths are announced, nothing follows
  bool through_tunnel = false;  ///< a proxy answers CONNECT before the server speaks
};

/// Each of the feeding functions returns false when the exchange must stop; trouble() then says why.
class ResponseReader {
 public:
  explicit ResponseReader(ResponseRules rules) : rules_(rules) {}

  bool header_line(std::string_view line);  ///< one line with its line end: status, field, empty or trailer
  bool body(std::string_view bytes);
  bool framed(std::size_t bytes);  ///< as received, before dechunking; ahead of the body() that they hold
  void excess();                   ///< bytes were seen after the end of the answer

  const std::optional<Failure>& trouble() const { return trouble_; }
  /// What is wrong although the client library saw the transfer end well.
  std::optional<Failure> verdict() const;

  bool began() const { return header_bytes_ > 0; }
  bool headers_complete() const { return final_; }
  bool waits_for_tunnel() const { return rules_.through_tunnel && !tunnel_is_up_; }
  std::uint64_t bytes() const { return header_bytes_ + framed_bytes_; }
  /// Status, headers, body, digest. Ends the reader.
  Reply take();

 private:
  bool fail(Reason, std::string detail);
  bool status_line(std::string_view line);
  bool field(std::string_view line);
  bool end_of_block();
  bool spool(std::string_view bytes);
  bool check_framing();
  bool read_length(std::string_view value);
  bool read_coding(std::string_view value);
  bool has_body() const;

  ResponseRules rules_;
  Reply reply_;
  Sha256 digest_;
  std::optional<Failure> trouble_;
  std::optional<std::uint64_t> content_length_;
  std::size_t header_bytes_ = 0;
  std::uint64_t framed_bytes_ = 0;
  bool in_block_ = false;
  bool chunked_ = false;
  bool final_ = false;
  bool tunnel_is_up_ = false;
  bool excess_ = false;
};

}  // namespace mw
