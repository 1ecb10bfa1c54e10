// A mail, as text and as HTML. (RFC 5322, RFC 2045 to 2047, RFC 3834 for Auto-Submitted.) Success is a reply of 2xx to
// the text, as a rule 250 (RFC 5321 §4.2.1); it may have been taken for some of the recipients only. Every mail of a
// group refers to the same parent, which never existed, so that mail programs show them as one thread.
#include <algorithm>
#include <array>
#include <cctype>
#include <cstdio>
#include <ctime>

#include "alerts/layout.hpp"
#include "probes/digest.hpp"
#include "probes/formats/base64.hpp"
#include "probes/formats/text.hpp"
#include "probes/url.hpp"

namespace mw {

namespace {

constexpr std::size_t kSubjectRunes = 200;
constexpr std::size_t kPlainSubject = 60;  // what stands on one line without encoding
constexpr std::size_t kWordBytes = 39;     // of an encoded word, on one line of 76 with "Subject: "
constexpr std::size_t kLineLength = 76;    // of base64
constexpr std::size_t kLongestAddress = 254;
constexpr std::size_t kInFull = 20;  // a mail has more room than a chat
constexpr std::size_t kMostFacts = 12;
constexpr std::size_t kFactRunes = 300;
constexpr std::size_t kMostButtons = 6;

// ---- addresses --------------------------------------------------------------------------------------------------

bool is_in(char c, std::string_view more) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x80 && std::isalnum(byte) != 0) || more.find(c) != std::string_view::npos;
}

/// An address alone, without a name, comment or quotes: nothing that could begin another header field.
bool is_address(std::string_view text) {
  const std::size_t at = text.find('@');
  if (at == 0 || at == std::string_view::npos || at + 1 == text.size() || text.size() > kLongestAddress) return false;
  const std::string_view local = text.substr(0, at);
  const std::string_view domain = text.substr(at + 1);
  return std::all_of(local.begin(), local.end(), [](char c) { return is_in(c, "!#$%&'*+-/=?^_`{|}~."); }) &&
         std::all_of(domain.begin(), domain.end(), [](char c) { return is_in(c, ".-"); });
}

bool is_host(std::string_view text) {
  return !text.empty() && text.size() <= 253 &&
         std::all_of(text.begin(), text.end(), [](char c) { return is_in(c, ".-"); });
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  while (!list.empty()) {
    const std::size_t comma = std::min(list.find(','), list.size());
    if (const std::string_view part = trim(list.substr(0, comma)); !part.empty()) parts.emplace_back(part);
    list.remove_prefix(std::min(comma + 1, list.size()));
  }
  return parts;
}

/// What is no address never gets into a header, even if nobody checked the options.
std::vector<std::string> recipients(const Receiver& receiver) {
  std::vector<std::string> to = split(receiver.option("to"));
  std::erase_if(to, [](const std::string& each) { return !is_address(each); });
  return to;
}

std::string sender(const Receiver& receiver) {
  const std::string from(trim(receiver.option("from")));
  return is_address(from) ? from : "mirrorwarden@localhost";
}

// ---- header -----------------------------------------------------------------------------------------------------

/// Encoded words, each of whole code points, one a line.
std::string encoded_words(std::string_view text) {
  std::string words;
  while (!text.empty()) {
    std::size_t end = std::min(kWordBytes, text.size());
    while (end > 0 && end < text.size() && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80) --end;
    words += (words.empty() ? "=?UTF-8?B?" : "\r\n =?UTF-8?B?") + base64(text.substr(0, end)) + "?=";
    text.remove_prefix(end);
  }
  return words;
}

std::string subject(const Message& message) {
  const std::string text = cut_runes(heading(message), kSubjectRunes);
  const bool ascii = std::all_of(text.begin(), text.end(), [](char c) { return c >= ' ' && c < '\x7F'; });
  const bool plain = ascii && text.size() <= kPlainSubject && text.find("=?") == std::string::npos;
  return plain ? text : encoded_words(text);
}

/// "Tue, 14 Nov 2023 22:13:20 +0000", whatever the locale.
std::string mail_date(SysTime time) {
  constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto whole = std::chrono::floor<std::chrono::seconds>(time);
  const std::time_t since_epoch = static_cast<std::time_t>(whole.time_since_epoch().count());
  std::tm at{};
  gmtime_r(&since_epoch, &at);
  std::array<char, 64> text{};
  std::snprintf(text.data(), text.size(), "%s, %02d %s %04d %02d:%02d:%02d +0000",
                kDays.at(static_cast<std::size_t>(at.tm_wday)), at.tm_mday,
                kMonths.at(static_cast<std::size_t>(at.tm_mon)), at.tm_year + 1900, at.tm_hour, at.tm_min, at.tm_sec);
  return text.data();
}

/// Of the id only what may stand in a Message-ID and in a boundary.
std::string token(std::string_view id) {
  std::string kept;
  for (const char c : id.substr(0, 64))
    if (is_in(c, "")) kept += c;
  return kept;
}

std::string boundary(const Message& message) { return "=_" + token(message.id); }

std::string header(const Receiver& receiver, const Message& message, SysTime now) {
  const std::string from = sender(receiver);
  const std::string domain = from.substr(from.find('@'));
  const std::string thread = "<group." + sha256_hex(message.group_key).substr(0, 32) + domain + ">";
  std::string to;
  for (const std::string& each : recipients(receiver)) to += (to.empty() ? "" : ",\r\n ") + each;
  return "From: mirrorwarden <" + from + ">\r\nTo: " + to + "\r\nSubject: " + subject(message) +
         "\r\nDate: " + mail_date(now) + "\r\nMessage-ID: <" + token(message.id) + domain +
         ">\r\nIn-Reply-To: " + thread + "\r\nReferences: " + thread +
         "\r\nAuto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\nMIME-Version: 1.0\r\n"
         "Content-Type: multipart/alternative;\r\n boundary=\"" +
         boundary(message) + "\"\r\n\r\n";
}

// ---- the two bodies ---------------------------------------------------------------------------------------------

std::string colon_of(const Message& message) { return message.language == Language::chinese ? "：" : ": "; }

std::string text_notice(const Notice& notice, const Message& message) {
  std::string text = message.notices.size() > 1 ? line(notice, message.language) + "\r\n" : "";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    text += fact.name + colon_of(message) + fact.text + "\r\n";
  return text + "\r\n";
}

std::string text_body(const Message& message, std::size_t shown) {
  std::string text = std::string(sign(message)) + " " + heading(message) + "\r\n\r\n";
  for (std::size_t i = 0; i < shown; ++i) {
    const Notice& notice = message.notices[i];
    text += i < kInFull ? text_notice(notice, message) : line(notice, message.language) + "\r\n";
  }
  const std::size_t left = message.count() - shown;
  if (left > 0) text += and_more(message.language, left) + "\r\n";
  text += shown > kInFull || left > 0 ? "\r\n" : "";
  for (const Button& button : buttons_of(message, kMostButtons))
    text += button.caption + colon_of(message) + button.url + "\r\n";
  return text + "\r\n-- \r\n" + from_whom(message) + "\r\n";
}

std::string html(std::string_view text) { return with_entities(text, 2000); }

std::string html_notice(const Notice& notice, const Message& message) {
  std::string text =
      message.notices.size() > 1 ? "<h3>" + html(line(notice, message.language)) + "</h3>\r\n" : std::string();
  text += "<table>\r\n";
  for (const Fact& fact : facts_of(notice, kMostFacts, kFactRunes))
    text +=
        "<tr><th align=\"left\" valign=\"top\">" + html(fact.name) + "</th><td>" + html(fact.text) + "</td></tr>\r\n";
  return text + "</table>\r\n";
}

std::string_view colour_of(const Message& message) {
  constexpr std::array<std::string_view, 4> kColours = {"#1F5FA8", "#B45F06", "#B00000", "#B00000"};
  return message.firing() ? kColours.at(static_cast<std::size_t>(severity_of(message))) : "#1E7D4F";
}

std::string html_links(const Message& message) {
  std::string links;
  for (const Button& button : buttons_of(message, kMostButtons))
    links +=
        (links.empty() ? "<a href=\"" : " · <a href=\"") + html(button.url) + "\">" + html(button.caption) + "</a>";
  return links.empty() ? "" : "<p>" + links + "</p>\r\n";
}

std::string html_body(const Message& message, std::size_t shown) {
  const std::string language = message.language == Language::chinese ? "zh" : "en";
  std::string text = "<!DOCTYPE html>\r\n<html lang=\"" + language + "\"><body style=\"font-family:sans-serif\">\r\n";
  text.append("<h2 style=\"color:").append(colour_of(message)).append("\">").append(sign(message));
  text += " " + html(heading(message)) + "</h2>\r\n";
  for (std::size_t i = 0; i < shown; ++i) {
    const Notice& notice = message.notices[i];
    text += i < kInFull ? html_notice(notice, message) : html(line(notice, message.language)) + "<br>\r\n";
  }
  const std::size_t left = message.count() - shown;
  if (left > 0) text += "<p>" + and_more(message.language, left) + "</p>\r\n";
  return text + html_links(message) + "<p style=\"color:#777777\">" + html(from_whom(message)) +
         "</p>\r\n</body></html>\r\n";
}

/// Base64 in lines: whatever the text holds, no line is long, begins with a dot or looks like a boundary.
std::string part(const Message& message, std::string_view type, const std::string& body) {
  std::string text = "--" + boundary(message) + "\r\nContent-Type: text/";
  text.append(type).append("; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n");
  const std::string encoded = base64(body);
  for (std::size_t at = 0; at < encoded.size(); at += kLineLength) text += encoded.substr(at, kLineLength) + "\r\n";
  return text;
}

Outgoing render(const Receiver& receiver, const Message& message, SysTime now) {
  const std::string top = header(receiver, message, now);
  std::string text = fitting(message, kLargestMessage, [&](std::size_t shown) {
    return top + part(message, "plain", text_body(message, shown)) + part(message, "html", html_body(message, shown)) +
           "--" + boundary(message) + "--\r\n";
  });
  const std::string from = sender(receiver);
  const std::string& hello = receiver.option("hello");
  return Mail{.url = Secret(receiver.option("url")),
              .in_the_clear = receiver.option("starttls") == "never",
              .ca_file = receiver.option("ca_file"),
              .hello = is_host(hello) ? hello : from.substr(from.find('@') + 1),
              .user = receiver.option("user"),
              .password = receiver.secret("password"),
              .from = from,
              .to = recipients(receiver),
              .text = std::move(text)};
}

// ---- answers and options ----------------------------------------------------------------------------------------

/// "5.7.1" at the beginning of a reply's text (RFC 3463 §2); nothing if there is no such code.
std::string enhanced_code(std::string_view text) {
  const std::string_view code = take_word(text);
  const bool digits = std::all_of(code.begin(), code.end(), [](char c) { return (c >= '0' && c <= '9') || c == '.'; });
  const bool three = std::count(code.begin(), code.end(), '.') == 2 && code.size() >= 5 && code.size() <= 9;
  return digits && three ? std::string(code) : std::string();
}

/// Four replies speak of credentials (RFC 4954 §6). What is said before the server has seen the text is about the
/// addresses and about us, but for 552: larger than it takes. 5.1.x is about an address and 5.7.1 about what may be
/// relayed, whenever it is said (RFC 3463 §3.2, §3.8).
bool needs_repair(const Response& response, const std::string& code) {
  constexpr std::array kCredentials = {530, 534, 535, 538};
  const bool login = std::find(kCredentials.begin(), kCredentials.end(), response.status) != kCredentials.end();
  const bool early = !response.saw_message && response.status != 552;
  return login || early || code.starts_with("5.1.") || code == "5.7.1";
}

/// The server's words are not quoted, but for the codes among them: it may repeat what it was told.
Delivery judge(const Response& response) {
  const int status = response.status;
  if (status >= 200 && status < 300) {
    Delivery taken = judged(Acceptance::accepted, response);
    for (const std::string& each : response.missed)
      taken.error += (taken.error.empty() ? "accepted, but not for " : ", ") + each;
    return taken;
  }
  const std::string code = enhanced_code(response.body);
  if (status < 500 || status >= 600) return judged(Acceptance::later, response, code);
  return judged(needs_repair(response, code) ? Acceptance::refused : Acceptance::rejected, response, code);
}

std::vector<OptionTrouble> server_troubles(const std::string& text) {
  const std::string scheme = lower(text.substr(0, text.find("://")));
  if (scheme != "smtp" && scheme != "smtps") return {{"url", "is no smtp or smtps URL"}};
  const auto url = parse_mail_server(text);
  if (const auto* words = std::get_if<std::string>(&url)) return {{"url", "cannot be read as a URL: it " + *words}};
  return {};
}

std::vector<OptionTrouble> option_troubles(const Receiver& receiver) {
  std::vector<OptionTrouble> found;
  if (!receiver.option("url").empty()) found = server_troubles(receiver.option("url"));
  const std::string& from = receiver.option("from");
  if (!from.empty() && !is_address(trim(from))) found.push_back({"from", "is no address, expected user@example.org"});
  const std::vector<std::string> to = split(receiver.option("to"));
  if (!std::all_of(to.begin(), to.end(), is_address))
    found.push_back({"to", "expected addresses, with commas between them and without names"});
  if (to.empty() && !receiver.option("to").empty()) found.push_back({"to", "names nobody"});
  const std::string& starttls = receiver.option("starttls");
  if (!starttls.empty() && starttls != "always" && starttls != "never")
    found.push_back({"starttls", "expected always or never"});
  if (!receiver.option("hello").empty() && !is_host(receiver.option("hello")))
    found.push_back({"hello", "is no domain, expected one such as warden.example.org"});
  if (receiver.option("user").empty() != receiver.secret("password").empty())
    found.push_back({receiver.option("user").empty() ? "user" : "password", "is missing beside the other of the two"});
  return found;
}

}  // namespace

const ReceiverKind& email_receiver() {
  static const ReceiverKind kind = {
      .name = "email",
      .doc = "a mail, through an SMTP server",
      .options = {{.key = "url",
                   .required = true,
                   .doc = "the server: smtp://host, where TLS begins by STARTTLS (port 587 unless it is said), or "
                          "smtps:// (port 465)",
                   .example = "smtps://mail.example.org:465"},
                  {.key = "user", .doc = "to log in with", .example = "mirrorwarden"},
                  {.key = "password", .secret = true, .doc = "to log in with", .example = "made-up"},
                  {.key = "from", .required = true, .doc = "the sender's address", .example = "warden@example.org"},
                  {.key = "to",
                   .required = true,
                   .doc = "the recipients' addresses, with commas between them; one that is refused does not keep it "
                          "from the others",
                   .example = "oncall@example.org, mirrors@example.org"},
                  {.key = "starttls",
                   .fallback = "always",
                   .doc = "with smtp://: always, or never, which sends everything in the clear, the password too"},
                  {.key = "ca_file",
                   .doc = "authorities to trust instead of the system's: a PEM file",
                   .example = "/etc/mirrorwarden/mail-ca.pem"},
                  {.key = "hello",
                   .doc = "the domain to greet the server with; the sender's unless it is said",
                   .example = "warden.example.org"}},
      .pace = {.burst = 10, .each = std::chrono::seconds(2)},
      .render = render,
      .judge = judge,
      .option_troubles = option_troubles,
  };
  return kind;
}

}  // namespace mw
