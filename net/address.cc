#include "net/address.h"

#include <arpa/inet.h>

#include <charconv>

namespace paxos::net {
namespace {

Status Bad(std::string_view text, const char* why) {
  return {ErrorCode::kInvalidArgument, "address \"" + std::string(text) + "\": " + why};
}

bool ParsePort(std::string_view text, std::uint16_t* port) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *port);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

Result<Address> ParseAddress(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Bad(text, "has no port, as in 127.0.0.1:7400");
  Address address;
  if (!ParsePort(text.substr(colon + 1), &address.port)) {
    return Bad(text, "its port is not a number in 0..65535");
  }
  std::string_view host = text.substr(0, colon);
  const bool is_bracketed = host.starts_with('[') && host.ends_with(']');
  if (is_bracketed) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find_first_of(":[]") != std::string_view::npos) {
    return Bad(text, "an IPv6 host stands in brackets, as in [::1]:7400");
  }
  if (host.empty()) return Bad(text, "has no host, as in 127.0.0.1:7400");
  address.host = host;
  return address;
}

std::string ShortText(const Address& address) {
  const bool is_v6 = address.host.find(':') != std::string::npos;
  const std::string host = is_v6 ? "[" + address.host + "]" : address.host;
  return host + ":" + std::to_string(address.port);
}

bool IsLoopback(const Address& address) {
  if (address.host == "localhost") return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, address.host.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.host.c_str(), &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

}  // namespace paxos::net
