// One who watches the lock service at work: what becomes of commands, grants, sessions and clients.
// Changes nothing.
#pragma once

#include <string>
#include <vector>

#include "lockservice/client.h"
#include "lockservice/protocol.h"
#include "sim/global_log.h"
#include "sim/lock_session_spec.h"
#include "sim/sockets.h"

namespace paxos::sim {

class LockSpectator {
 public:
  virtual ~LockSpectator() = default;
  // A command has become part of G; by the specification it gives `outcome`. What it grants, opens
  // and ends was told before.
  virtual void OnCommand(CommandIndex /*index*/, const GlobalLog::Numbered& /*command*/,
                         const SessionSpec::Outcome& /*outcome*/) {}
  virtual void OnGranted(const std::string& /*name*/, const lockservice::Holder& /*holder*/) {}
  virtual void OnGrantOver(const std::string& /*name*/, const lockservice::Holder& /*holder*/) {}
  virtual void OnSessionEnded(SessionId /*session*/, SessionEnd /*how*/) {}
  // A server answers.
  virtual void OnAnswer(const lockservice::RequestBody& /*request*/,
                        const lockservice::ResponseBody& /*answer*/) {}
  // On the wire between clients and nodes: a request leaves, a response leaves and arrives. (When a
  // request arrives is an event.)
  virtual void OnRequestSent(ClientId /*from*/, NodeId /*to*/,
                             const lockservice::Request& /*request*/) {}
  virtual void OnResponseSent(NodeId /*from*/, SocketId /*to*/,
                              const lockservice::Response& /*response*/) {}
  virtual void OnResponse(ClientId /*to*/, SocketId /*from*/,
                          const lockservice::Response& /*response*/) {}
  // What a client thinks of its session.
  virtual void OnState(ClientId /*client*/, const lockservice::StateChange& /*change*/) {}
  // The store refused a token that was overtaken.
  virtual void OnFenced(const std::string& /*name*/, lockservice::Token /*token*/) {}
};

}  // namespace paxos::sim
