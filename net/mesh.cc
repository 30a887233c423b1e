#include "net/mesh.h"

#include <algorithm>
#include <random>
#include <utility>

namespace paxos::net {
namespace {

std::uint64_t DrawFromSystem() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace

Mesh::Mesh(Runtime& runtime, const TcpTransportOptions& options)
    : runtime_(runtime), options_(options) {
  if (options_.seed == 0) options_.seed = DrawFromSystem();
  if (options_.start_nonce == 0) options_.start_nonce = Mix(options_.seed, 0);
  for (const auto& [id, address] : options_.peers) {
    Peer& peer = peers_[id];
    if (id < options_.self) continue;
    peer.dialer =
        std::make_unique<PeerDialer>(runtime_, id, address, MakeDialerOptions(), MakeGreeting(id),
                                     Mix(options_.seed, id.value()), *this);
  }
}

ConnectionOptions Mesh::MakeConnectionOptions() const {
  ConnectionOptions connection;
  connection.write_bytes_max = options_.queue_bytes_max;
  connection.when_full = WhenFull::kDrop;
  connection.payload_bytes_max = options_.message_bytes_max;
  connection.greeting_time_max = options_.greeting_time_max;
  connection.unacknowledged_max = options_.unacknowledged_max;
  return connection;
}

PeerDialerOptions Mesh::MakeDialerOptions() const {
  PeerDialerOptions dialer;
  dialer.redial_first = options_.redial_first;
  dialer.redial_last = options_.redial_last;
  dialer.dial.connect_time_max = options_.connect_time_max;
  dialer.dial.connection = MakeConnectionOptions();
  return dialer;
}

Status Mesh::Start(PeerEvents& events) {
  events_ = &events;
  ListenerOptions listen;
  listen.address = options_.listen;
  listen.connections_max = options_.connections_max;
  listen.connections_per_address_max = options_.connections_max;
  listen.connection = MakeConnectionOptions();
  auto opened = Listener::Open(runtime_, listen, MakeGreeting(std::nullopt), *this);
  if (!opened.has_value()) return opened.error();
  listener_ = *std::move(opened);
  options_.listen = listener_->address();
  for (auto& [id, peer] : peers_) {
    if (peer.dialer != nullptr) peer.dialer->Begin();
  }
  return Status::Ok();
}

// ---- messages -------------------------------------------------------------------------------

void Mesh::Send(const Envelope& envelope) {
  const auto peer = peers_.find(envelope.to);
  if (peer == peers_.end() || peer->second.link == nullptr) {
    ++stats_.frames_dropped_down;
    return;
  }
  const auto payload = [&](std::string* out) { encoder_.Append(envelope, out); };
  const bool is_queued = peer->second.link->connection().Send(FrameType::kPeerMessage,
                                                              options_.group.value(), payload);
  ++(is_queued ? stats_.frames_sent : stats_.frames_dropped_full);
}

void Mesh::OnEnvelope(const Envelope& envelope) {
  ++stats_.frames_received;
  events_->OnEnvelope(envelope);
}

// ---- who may talk to us ---------------------------------------------------------------------

Hello Mesh::Ours() const {
  return {.role = Role::kPeer,
          .protocol = kProtocolVersion,
          .cluster = options_.cluster,
          .node = options_.self,
          .genesis = events_->Genesis(),
          .start_nonce = options_.start_nonce,
          .durable = events_->Durable()};
}

PersistSeq Mesh::Durable() const { return events_->Durable(); }

// By the hellos it said, and by what others told of it.
PersistSeq Mesh::Remembered(NodeId id) const {
  const auto peer = peers_.find(id);
  if (peer == peers_.end()) return {};
  return std::max(peer->second.known.durable, events_->Remembered(id));
}

Status Mesh::Check(const Hello& theirs, std::optional<NodeId> dialed) const {
  std::map<NodeId, KnownNode> members;
  for (const auto& [id, peer] : peers_) {
    KnownNode& known = members[id] = peer.known;
    known.Note(events_->Remembered(id));
  }
  return CheckHello(theirs, {.role = Role::kPeer,
                             .cluster = options_.cluster,
                             .self = options_.self,
                             .node = dialed,
                             .genesis = events_->Genesis(),
                             .members = std::move(members)});
}

Greeting Mesh::MakeGreeting(std::optional<NodeId> dialed) const {
  return {.ours = [this] { return Ours(); },
          .check = [this, dialed](const Hello& theirs) { return Check(theirs, dialed); },
          .limits = PeerLimits(options_.message_bytes_max),
          .remembered = [this](NodeId id) { return Remembered(id); }};
}

// ---- links ----------------------------------------------------------------------------------

void Mesh::OnConnection(std::unique_ptr<Connection> connection, const Hello& theirs) {
  LinkUp(theirs.node, std::move(connection), theirs);
}

void Mesh::OnDialed(NodeId id, std::unique_ptr<Connection> connection, const Hello& theirs) {
  LinkUp(id, std::move(connection), theirs);
}

// The newest connection of a peer replaces the one before, which may be half open for long.
void Mesh::LinkUp(NodeId id, std::unique_ptr<Connection> connection, const Hello& theirs) {
  Peer& peer = peers_.at(id);
  peer.known.Note(theirs);
  peer.refusal = Status::Ok();
  const bool is_replaced = peer.link != nullptr;
  peer.link =
      std::make_unique<PeerLink>(std::move(connection), id, options_.self, options_.group, *this);
  if (is_replaced) events_->OnLinkDown(id);
  events_->OnLinkUp(id);
}

void Mesh::OnLinkLost(NodeId id) {
  Peer& peer = peers_.at(id);
  peer.link.reset();
  if (peer.dialer != nullptr) peer.dialer->Begin();
  events_->OnLinkDown(id);
}

void Mesh::SetPeerAddress(NodeId id, const Address& address) {
  Peer& peer = peers_.at(id);
  if (peer.dialer != nullptr) peer.dialer->SetAddress(address);
}

// ---- refusals -------------------------------------------------------------------------------

void Mesh::OnGreetingFailed(const std::string& /*remote*/, const Status& /*why*/) {
  ++stats_.greetings_failed;
}

// Whoever says a peer's name while that peer is linked is not news about it.
void Mesh::OnHelloRefused(const Hello& theirs, const Status& why) {
  const auto peer = peers_.find(theirs.node);
  if (peer != peers_.end() && peer->second.link == nullptr) NoteRefusal(theirs.node, why);
}

void Mesh::OnDialRefused(NodeId id, DialFailure how, const Status& why) {
  if (how == DialFailure::kTheyRefused) return OnRefusedBy(id, why);
  NoteRefusal(id, why);
}

// [N1] One peer that remembers more than this disk holds, or saw another process with it, is
// enough. That clusters differ is no news about who is wrong: then most peers must say so.
void Mesh::OnRefusedBy(NodeId id, const Status& why) {
  NoteRefusal(id, why);
  if (why.code() == ErrorCode::kDamaged || why.code() == ErrorCode::kConflict) CastOut(why);
}

void Mesh::NoteRefusal(NodeId id, const Status& why) {
  ++stats_.hellos_refused;
  Peer& peer = peers_.at(id);
  const bool is_news = peer.refusal != why;
  peer.refusal = why;
  if (is_news) events_->OnHelloRefused(id, why);
  if (MostPeersAreForeign()) CastOut(why);
}

bool Mesh::MostPeersAreForeign() const {
  const auto foreign = std::ranges::count_if(
      peers_, [](const auto& item) { return item.second.refusal.code() == ErrorCode::kForeign; });
  return static_cast<std::size_t>(foreign) > peers_.size() / 2;
}

void Mesh::CastOut(const Status& why) {
  if (!std::exchange(is_cast_out_, true)) events_->OnCastOut(why);
}

TcpTransportStats Mesh::stats() const {
  TcpTransportStats stats = stats_;
  for (const auto& [id, peer] : peers_) {
    stats.links_up += peer.link != nullptr ? 1 : 0;
    if (peer.dialer == nullptr) continue;
    stats.dials += peer.dialer->dials();
    stats.dials_failed += peer.dialer->dials_failed();
  }
  return stats;
}

}  // namespace paxos::net
