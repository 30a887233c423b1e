// Connections that several clients share, as an application server's would: a client has a lane,
// and there is one connection per lane and server. Frames carry whole requests, so a client of its
// own session needs no connection of its own.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>

#include "lockservice/protocol.h"
#include "net/connection.h"

namespace paxos::net {
class Runtime;
}

namespace bench {

class ConnectionUser {
 public:
  virtual ~ConnectionUser() = default;
  virtual void OnConnected() = 0;
  // Or could not be connected. The user has left the connection when it hears so.
  virtual void OnDisconnected() = 0;
  virtual void OnResponse(const lockservice::Response& response) = 0;
};

// Distinguishes the users, and spreads them over the lanes.
using UserNumber = std::uint32_t;

class SharedConnections {
 public:
  SharedConnections(paxos::net::Runtime& runtime, std::uint32_t lanes);
  ~SharedConnections();
  SharedConnections(const SharedConnections&) = delete;
  SharedConnections& operator=(const SharedConnections&) = delete;

  // Users are told from the loop, never from inside a call. They must leave before they end.
  void Join(UserNumber number, ConnectionUser& user, const std::string& endpoint);
  // An unused connection closes.
  void Leave(UserNumber number);
  // To the server that the user is connected to. The request's id need only be the user's own.
  void Send(UserNumber number, const lockservice::Request& request);

  // Why the last attempt to connect failed, or the last connection ended; "" if none did.
  [[nodiscard]] const std::string& last_trouble() const { return last_trouble_; }

 private:
  class Shared;
  using Place = std::pair<std::string, std::uint32_t>;  // endpoint, lane

  void Remove(const Place& place);

  paxos::net::Runtime& runtime_;
  std::uint32_t lanes_;
  std::map<Place, std::shared_ptr<Shared>> connections_;
  std::map<UserNumber, std::shared_ptr<Shared>> of_user_;
  std::string last_trouble_{};
};

}  // namespace bench
