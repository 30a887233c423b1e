// Connections from clients to nodes, as TCP gives them: bytes arrive in order or not at all. A
// connection breaks when either process dies, when it is reset, or when a cut between the two lasts
// too long; what was on its way is lost then, and each end hears of it in its own time.
//
// What a client sent before it closed a connection still arrives, if need be after a cut is mended:
// long after the client has gone elsewhere, asked again and been answered.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "paxos/strong_id.h"
#include "paxos/types.h"
#include "sim/chance.h"
#include "sim/event_queue.h"
#include "sim/link.h"

namespace paxos::sim {

// Never reused within a run.
using SocketId = StrongId<struct SocketTag>;
// A client's machine; 1, 2, ...
using ClientId = StrongId<struct ClientTag>;

struct SocketOptions {
  Duration latency_min = microseconds{50};
  Duration latency_mean = microseconds{200};
  PerMillion reset = 0;       // of messages that break their connection instead of arriving
  PerMillion corruption = 0;  // of messages whose bytes change: their connection breaks
  // How long a silent connection is kept: log-uniform.
  Duration give_up_min = milliseconds{200};
  Duration give_up_max = seconds{10};
};

// The clients' ends.
class ClientSockets {
 public:
  virtual ~ClientSockets() = default;
  virtual void OnConnected(SocketId socket) = 0;
  virtual void OnBytes(SocketId socket, std::string_view bytes) = 0;
  // Or could not be connected.
  virtual void OnDisconnected(SocketId socket) = 0;
};

// The nodes' ends.
class ServerSockets {
 public:
  virtual ~ServerSockets() = default;
  [[nodiscard]] virtual bool IsUp(NodeId node) const = 0;
  virtual void OnBytes(NodeId node, SocketId socket, std::string_view bytes) = 0;
  virtual void OnClosed(NodeId node, SocketId socket) = 0;
};

class Sockets {
 public:
  Sockets(EventQueue& queue, const Chance& chance, const SocketOptions& options,
          ServerSockets& servers);

  // Answered by OnConnected or OnDisconnected.
  SocketId Connect(ClientId from, NodeId to, ClientSockets& client);
  void SendToServer(SocketId socket, std::string bytes);
  void SendToClient(SocketId socket, std::string bytes);
  // By the client; it hears no more of it. The node does, after what was sent before.
  void Close(SocketId socket);

  // A process died; `heard`: the other ends hear of it at once.
  enum class Death : std::uint8_t { kSocketsClosed, kSilent };
  void OnNodeDied(NodeId node, Death death);

  void Cut(ClientId client, NodeId node);
  void Mend(ClientId client, NodeId node);
  // What is sent over the connections that the client has now arrives after `lasts`, whether or not
  // it has closed them by then; new ones are as ever.
  void Stall(ClientId client, Duration lasts);
  // Breaks every connection of the client.
  void Reset(ClientId client);
  // Mends every cut, for good; no more resets.
  void Calm();

 private:
  enum class Direction : std::uint8_t { kToServer, kToClient };
  struct Socket {
    ClientId client{};
    NodeId node{};
    ClientSockets* events = nullptr;  // null: the client has closed it
    bool is_connected = false;
    std::uint64_t sent = 0;
    Time last_arrival[2] = {};
    std::deque<std::pair<Direction, std::string>> stuck{};  // sent into a cut, or while it stalls
    bool is_stalled = false;
  };
  using Pair = std::pair<ClientId, NodeId>;

  void Send(Direction direction, SocketId id, std::string bytes);
  [[nodiscard]] bool IsLost(SocketId id, std::uint64_t nth, std::string_view bytes) const;
  void Accept(SocketId id);
  void Arrive(Direction direction, SocketId id, const std::string& bytes);
  void EndWhenEmpty(SocketId id);
  void Break(SocketId id);
  void TellServer(SocketId id, NodeId node);
  void GiveUpLater(SocketId id);
  void LetGo(SocketId id);
  [[nodiscard]] std::vector<SocketId> SocketsOf(ClientId client) const;
  Duration Latency(SocketId id, const Socket& socket) const;
  [[nodiscard]] bool IsCut(const Socket& socket) const {
    return socket.is_stalled || cuts_.count({socket.client, socket.node}) != 0;
  }

  EventQueue& queue_;
  Chance chance_;
  SocketOptions options_;
  ServerSockets& servers_;
  SocketId last_id_{};
  std::map<SocketId, Socket> sockets_;
  std::set<Pair> cuts_;
  bool is_calm_ = false;
};

}  // namespace paxos::sim
