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

// On a connection that was dialed, the peer says nothing after its hello.
FrameLimits NothingMore() {
  FrameLimits limits;
  limits.cap.fill(0);
  return limits;
}

}  // namespace

Mesh::Mesh(Runtime& runtime, const TcpTransportOptions& options)
    : runtime_(runtime), options_(options) {
  if (options_.seed == 0) options_.seed = DrawFromSystem();
  if (options_.start_nonce == 0) options_.start_nonce = Mix(options_.seed, 0);
  for (const auto& [id, address] : options_.peers) {
    peers_[id].out =
        std::make_unique<OutgoingLink>(runtime_, id, address, MakeLinkOptions(), MakeGreeting(id),
                                       Mix(options_.seed, id.value()), *this);
  }
}

OutgoingLinkOptions Mesh::MakeLinkOptions() const {
  OutgoingLinkOptions link;
  link.redial_first = options_.redial_first;
  link.redial_last = options_.redial_last;
  link.dial.connect_time_max = options_.connect_time_max;
  link.dial.connection.greeting_time_max = options_.greeting_time_max;
  link.dial.connection.write_bytes_max = options_.queue_bytes_max;
  link.dial.connection.when_full = WhenFull::kDrop;
  return link;
}

Status Mesh::Start(PeerEvents& events) {
  events_ = &events;
  ListenerOptions listen;
  listen.address = options_.listen;
  listen.connections_max = options_.connections_max;
  listen.connections_per_address_max = options_.connections_max;
  listen.connection.greeting_time_max = options_.greeting_time_max;
  auto opened = Listener::Open(runtime_, listen, MakeGreeting(std::nullopt), *this);
  if (!opened.has_value()) return opened.error();
  listener_ = *std::move(opened);
  options_.listen = listener_->address();
  for (auto& [id, peer] : peers_) peer.out->Begin();
  return Status::Ok();
}

// ---- messages -------------------------------------------------------------------------------

void Mesh::Send(const Envelope& envelope) {
  const auto peer = peers_.find(envelope.to);
  Connection* const connection = peer == peers_.end() ? nullptr : peer->second.out->connection();
  if (connection == nullptr) {
    ++stats_.frames_dropped_down;
    return;
  }
  const auto payload = [&](std::string* out) { encoder_.Append(envelope, out); };
  const bool is_queued = connection->Send(FrameType::kPeerMessage, options_.group.value(), payload);
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
          .start_nonce = options_.start_nonce,
          .durable = events_->Durable()};
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
                             .members = std::move(members)});
}

Greeting Mesh::MakeGreeting(std::optional<NodeId> dialed) const {
  return {.ours = [this] { return Ours(); },
          .check = [this, dialed](const Hello& theirs) { return Check(theirs, dialed); },
          .limits = dialed.has_value() ? NothingMore() : PeerLimits()};
}

// ---- links ----------------------------------------------------------------------------------

// The newest connection of a peer replaces the one before, which may be half open for long.
void Mesh::OnConnection(std::unique_ptr<Connection> connection, const Hello& theirs) {
  Peer& peer = peers_.at(theirs.node);
  peer.known.Note(theirs);
  peer.out->Hurry();
  peer.in = std::make_unique<IncomingLink>(std::move(connection), theirs, options_.self,
                                           options_.group, *this);
  Update(theirs.node, peer);
}

void Mesh::OnOutgoingUp(NodeId id, const Hello& theirs) {
  Peer& peer = peers_.at(id);
  peer.known.Note(theirs);
  peer.refusal = Status::Ok();
  Update(id, peer);
}

void Mesh::OnOutgoingDown(NodeId id) { Update(id, peers_.at(id)); }

void Mesh::OnIncomingDown(NodeId id) {
  Peer& peer = peers_.at(id);
  peer.in.reset();
  Update(id, peer);
}

void Mesh::Update(NodeId id, Peer& peer) {
  const bool is_up = peer.out->connection() != nullptr && peer.in != nullptr;
  if (std::exchange(peer.is_up, is_up) == is_up) return;
  if (is_up) {
    events_->OnLinkUp(id);
  } else {
    events_->OnLinkDown(id);
  }
}

void Mesh::SetPeerAddress(NodeId peer, const Address& address) {
  peers_.at(peer).out->SetAddress(address);
}

// ---- refusals -------------------------------------------------------------------------------

// A stranger, or a peer that dials us and will be told why by the refusal.
void Mesh::OnGreetingFailed(const std::string& /*remote*/, const Status& /*why*/) {
  ++stats_.greetings_failed;
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
    stats.dials += peer.out->dials();
    stats.links_up += peer.is_up ? 1 : 0;
  }
  return stats;
}

}  // namespace paxos::net
