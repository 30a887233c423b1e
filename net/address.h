// Where a server listens: "10.0.0.7:7400", "[::1]:7400" or "db1.example:7400".
#pragma once

#include <compare>
#include <cstdint>
#include <string>
#include <string_view>

#include "paxos/result.h"

namespace paxos::net {

struct Address {
  std::string host{};      // a numeric address or a name, without brackets
  std::uint16_t port = 0;  // 0, when listening: any free port

  friend auto operator<=>(const Address&, const Address&) = default;
};

// kInvalidArgument says what is wrong with `text`. A name is not looked up here.
Result<Address> ParseAddress(std::string_view text);

// What ParseAddress reads.
std::string ShortText(const Address& address);

// A numeric loopback address or "localhost": what may be served without encryption unasked.
bool IsLoopback(const Address& address);

}  // namespace paxos::net
