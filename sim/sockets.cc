#include "sim/sockets.h"

#include <algorithm>
#include <vector>

#include "paxos/check.h"
#include "sim/damage.h"

namespace paxos::sim {

Sockets::Sockets(EventQueue& queue, const Chance& chance, const SocketOptions& options,
                 ServerSockets& servers)
    : queue_(queue), chance_(chance), options_(options), servers_(servers) {}

Duration Sockets::Latency(SocketId id, const Socket& socket) const {
  const std::uint64_t draw = Mix(chance_.KeyOf(Subject::kSocket, id.value()), socket.sent);
  return options_.latency_min + Exponential(draw, options_.latency_mean);
}

// ---- opening and closing --------------------------------------------------------------------

SocketId Sockets::Connect(ClientId from, NodeId to, ClientSockets& client) {
  const SocketId id = ++last_id_;
  Socket& socket = sockets_[id];
  socket.client = from;
  socket.node = to;
  socket.events = &client;
  if (IsCut(socket)) {
    GiveUpLater(id);
  } else {
    queue_.After(2 * Latency(id, socket), [this, id] { Accept(id); });
  }
  return id;
}

void Sockets::Accept(SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  if (!servers_.IsUp(found->second.node)) return Break(id);
  found->second.is_connected = true;
  found->second.events->OnConnected(id);
}

void Sockets::Close(SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  Socket& socket = found->second;
  socket.events = nullptr;
  if (!socket.is_connected) {
    sockets_.erase(found);
  } else if (socket.is_stalled) {
    return;  // it ends when the stall does, behind what got stuck
  } else if (IsCut(socket)) {
    GiveUpLater(id);
  } else {
    EndWhenEmpty(id);
  }
}

// The client closed it: the node hears of that behind the last bytes.
void Sockets::EndWhenEmpty(SocketId id) {
  const Time last = sockets_[id].last_arrival[static_cast<std::size_t>(Direction::kToServer)];
  queue_.At(std::max(queue_.now(), last) + options_.latency_min, [this, id] {
    const auto found = sockets_.find(id);
    if (found != sockets_.end() && !IsCut(found->second)) Break(id);
  });
}

// Both ends hear of it, each after a while.
void Sockets::Break(SocketId id) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  const Socket socket = std::move(found->second);
  sockets_.erase(found);
  if (socket.events != nullptr) {
    queue_.After(options_.latency_min,
                 [id, events = socket.events] { events->OnDisconnected(id); });
  }
  if (!socket.is_connected) return;
  // Where resets happen they get lost as well: the server keeps its half for a while, and the
  // client may be back before it is gone.
  Random random(Mix(chance_.KeyOf(Subject::kSocket, id.value(), 2), 0));
  const bool is_lost = !is_calm_ && options_.reset > 0 && random.Chance(1, 4);
  const Duration late = LogUniform(random, options_.give_up_min, options_.give_up_max);
  queue_.After(is_lost ? late : options_.latency_min,
               [this, id, node = socket.node] { TellServer(id, node); });
}

void Sockets::TellServer(SocketId id, NodeId node) {
  if (servers_.IsUp(node)) servers_.OnClosed(node, id);
}

void Sockets::GiveUpLater(SocketId id) {
  Random random(Mix(chance_.KeyOf(Subject::kSocket, id.value(), 1), 0));
  queue_.After(LogUniform(random, options_.give_up_min, options_.give_up_max), [this, id] {
    const auto found = sockets_.find(id);
    if (found == sockets_.end()) return;
    const Socket& socket = found->second;
    if (IsCut(socket) || !socket.is_connected || !servers_.IsUp(socket.node)) Break(id);
  });
}

// ---- bytes ----------------------------------------------------------------------------------

void Sockets::SendToServer(SocketId socket, std::string bytes) {
  Send(Direction::kToServer, socket, std::move(bytes));
}
void Sockets::SendToClient(SocketId socket, std::string bytes) {
  Send(Direction::kToClient, socket, std::move(bytes));
}

void Sockets::Send(Direction direction, SocketId id, std::string bytes) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end() || !found->second.is_connected) return;
  Socket& socket = found->second;
  if (IsLost(id, socket.sent++, bytes)) return Break(id);
  if (IsCut(socket)) return socket.stuck.emplace_back(direction, std::move(bytes)), void();
  Time& last = socket.last_arrival[static_cast<std::size_t>(direction)];
  last = std::max(queue_.now() + Latency(id, socket), last + Duration{1});
  queue_.At(last,
            [this, direction, id, bytes = std::move(bytes)] { Arrive(direction, id, bytes); });
}

bool Sockets::IsLost(SocketId id, std::uint64_t nth, std::string_view bytes) const {
  const auto draw = [&](Subject subject) {
    return Mix(chance_.KeyOf(subject, id.value(), ~std::uint64_t{0}), nth);
  };
  const Time now = queue_.now();
  if (chance_.Hits(now, FaultClass::kLoss, draw(Subject::kReset), options_.reset)) return true;
  if (!chance_.Hits(now, FaultClass::kCorrupt, draw(Subject::kCorruption), options_.corruption))
    return false;
  const auto payload = [bytes](std::string* out) { *out += bytes; };
  const std::uint64_t how = Mix(draw(Subject::kCorruption), 1);
  PAXOS_CHECK("FRAME", IsDamageFound(FrameType::kClientRequest, payload, how), id, bytes);
  return true;
}

void Sockets::Arrive(Direction direction, SocketId id, const std::string& bytes) {
  const auto found = sockets_.find(id);
  if (found == sockets_.end()) return;
  Socket& socket = found->second;
  if (IsCut(socket)) return socket.stuck.emplace_back(direction, bytes), void();
  if (direction == Direction::kToClient) {
    if (socket.events != nullptr) socket.events->OnBytes(id, bytes);
    return;
  }
  if (servers_.IsUp(socket.node)) servers_.OnBytes(socket.node, id, bytes);
}

// ---- faults ---------------------------------------------------------------------------------

void Sockets::OnNodeDied(NodeId node, Death death) {
  std::vector<SocketId> affected;
  for (const auto& [id, socket] : sockets_) {
    if (socket.node == node) affected.push_back(id);
  }
  for (const SocketId id : affected) {
    sockets_[id].is_connected = false;
    if (death == Death::kSocketsClosed) {
      Break(id);
    } else {
      GiveUpLater(id);
    }
  }
}

void Sockets::Cut(ClientId client, NodeId node) {
  if (is_calm_ || !cuts_.insert({client, node}).second) return;
  for (const auto& [id, socket] : sockets_) {
    if (socket.client == client && socket.node == node) GiveUpLater(id);
  }
}

void Sockets::Mend(ClientId client, NodeId node) {
  if (cuts_.erase({client, node}) == 0) return;
  for (const SocketId id : SocketsOf(client)) {
    const auto found = sockets_.find(id);
    if (found != sockets_.end() && found->second.node == node) LetGo(id);
  }
}

// What got stuck goes on, and behind it the end of a connection that was closed.
void Sockets::LetGo(SocketId id) {
  for (auto& [direction, bytes] : std::exchange(sockets_[id].stuck, {})) {
    Send(direction, id, std::move(bytes));
  }
  const auto mended = sockets_.find(id);
  if (mended != sockets_.end() && mended->second.events == nullptr) EndWhenEmpty(id);
}

void Sockets::Stall(ClientId client, Duration lasts) {
  if (is_calm_) return;
  for (const SocketId id : SocketsOf(client)) {
    sockets_[id].is_stalled = true;
    queue_.After(lasts, [this, id] {
      const auto found = sockets_.find(id);
      if (found == sockets_.end() || !std::exchange(found->second.is_stalled, false)) return;
      if (!IsCut(found->second)) LetGo(id);
    });
  }
}

std::vector<SocketId> Sockets::SocketsOf(ClientId client) const {
  std::vector<SocketId> ids;
  for (const auto& [id, socket] : sockets_) {
    if (socket.client == client) ids.push_back(id);
  }
  return ids;
}

void Sockets::Reset(ClientId client) {
  for (const SocketId id : SocketsOf(client)) Break(id);
}

void Sockets::Calm() {
  is_calm_ = true;
  options_.reset = options_.corruption = 0;
  const std::set<Pair> cuts = cuts_;
  for (auto& [id, socket] : sockets_) {
    if (!std::exchange(socket.is_stalled, false)) continue;
    queue_.At(queue_.now(), [this, id = id] {
      if (sockets_.contains(id)) LetGo(id);
    });
  }
  for (const auto& [client, node] : cuts) Mend(client, node);
}

}  // namespace paxos::sim
