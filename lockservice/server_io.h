// A Server on the runtime: brings it clients' requests, peers' messages, disk events and time, and
// sends what it answers; one write per connection and turn.
//
//   clients --frames--> ServerLoop --OnRequest--> Server --Drain--> disk, peers
//      ^                    |                       |
//      '---- one flush -----'<---- TakeResponses ---'
#pragma once

#include <cstddef>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "lockservice/server.h"
#include "net/address.h"
#include "net/connection.h"
#include "net/listener.h"
#include "net/node_loop.h"
#include "net/runtime.h"
#include "net/tcp_transport.h"

namespace lockservice {

struct ServerLoopOptions {
  paxos::ClusterId cluster{};
  paxos::net::Address client_listen{};

  // Client connections; more are refused as overloaded.
  std::size_t connections_max = 4096;

  // Answers that a client's socket has not taken yet; a client that does not read is cut off.
  std::size_t answer_bytes_max = std::size_t{4} << 20;
};

class ServerLoop final : public paxos::net::NodeLoop, private paxos::net::ListenerEvents {
 public:
  // All must outlive the loop.
  ServerLoop(paxos::net::Runtime& runtime, paxos::net::TcpTransport& transport, Server& server,
             const ServerLoopOptions& options);
  ~ServerLoop() override;

  // Recovers and replays.
  paxos::Status Recover(
      const std::function<void(paxos::Slot at, paxos::Slot of)>& replay_progress = {});
  // Then opens both ports. kIo: one cannot be had.
  paxos::Status OpenPorts();

  // Where clients reach it, with the port that was given. After OpenPorts.
  [[nodiscard]] const paxos::net::Address& client_address() const { return listener_->address(); }

  // One line for the operator about a connection that was cut off.
  void WhenCuttingOff(std::function<void(const std::string&)> function);

  paxos::Instant OnTurn(paxos::Instant now) override;

 private:
  class ClientPort;

  void OnConnection(std::unique_ptr<paxos::net::Connection> connection,
                    const paxos::net::Hello& theirs) override;
  void OnGreetingFailed(const std::string& remote, const paxos::Status& why) override;
  paxos::Status OnRequest(ConnectionId from, std::string_view payload);
  void OnClosed(ConnectionId connection, const std::string& remote, const paxos::Status& why);
  void SendResponses();
  void CutOff(const std::string& remote, const paxos::Status& why);

  paxos::net::Runtime& runtime_;
  Server& server_;
  ServerLoopOptions options_;
  std::function<void(const std::string&)> when_cutting_off_{};
  std::unique_ptr<paxos::net::Listener> listener_;
  ConnectionId last_connection_{};
  std::map<ConnectionId, std::unique_ptr<ClientPort>> ports_;
  bool is_serving_ = false;
};

}  // namespace lockservice
