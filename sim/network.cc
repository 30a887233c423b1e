#include "sim/network.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "sim/damage.h"

namespace paxos::sim {

Network::Network(EventQueue& queue, const Chance& chance, const NetworkOptions& options,
                 std::size_t nodes, NetworkEvents& events)
    : queue_(queue), chance_(chance), options_(options), nodes_(nodes), events_(events) {
  directions_.reserve(nodes * nodes);
  for (std::uint64_t from = 1; from <= nodes; ++from) {
    for (std::uint64_t to = 1; to <= nodes; ++to) {
      directions_.push_back(Direction{Link(chance, from, to, options.link)});
    }
  }
  streams_.resize(nodes * nodes);
}

Network::Direction& Network::DirectionOf(NodeId from, NodeId to) {
  return directions_[(from.value() - 1) * nodes_ + (to.value() - 1)];
}
const Network::Direction& Network::DirectionOf(NodeId from, NodeId to) const {
  return directions_[(from.value() - 1) * nodes_ + (to.value() - 1)];
}
Network::Stream& Network::StreamOf(NodeId a, NodeId b) {
  return streams_[(std::min(a, b).value() - 1) * nodes_ + (std::max(a, b).value() - 1)];
}

// ---- messages -------------------------------------------------------------------------------

void Network::Send(Envelope envelope) {
  PAXOS_CHECK("NETWORK", envelope.to != envelope.from && envelope.to.value() <= nodes_, envelope);
  ++totals_.sent;
  Direction& direction = DirectionOf(envelope.from, envelope.to);
  if (direction.in_flight >= options_.in_flight_max) {
    ++totals_.lost;
  } else if (IsStreams()) {
    SendInStream(direction, std::move(envelope));
  } else {
    SendDatagram(direction, std::move(envelope));
  }
}

void Network::SendDatagram(Direction& direction, Envelope envelope) {
  if (options_.answers_kept > 0) RepeatAnswers(envelope);
  if (direction.clogs > 0) return HoldBack(direction, std::move(envelope));
  Link::Fate fate = direction.link.Send(queue_.now());
  if (fate.is_corrupt) CheckDamage(envelope), fate.arrival.reset();
  if (direction.cuts > 0 || !fate.arrival) ++totals_.lost;
  if (direction.cuts > 0) return;
  Remember(direction, envelope);
  if (options_.answers_kept > 0) KeepAnswer(direction, envelope);
  if (fate.copy) {
    ++totals_.doubled;
    DeliverAt(*fate.copy, direction, envelope, 0);
  }
  if (fate.arrival) DeliverAt(*fate.arrival, direction, std::move(envelope), 0);
}

void Network::SendInStream(Direction& direction, Envelope envelope) {
  Link::Fate fate = direction.link.Send(queue_.now());
  Stream& stream = StreamOf(envelope.from, envelope.to);
  if (fate.is_corrupt) CheckDamage(envelope), fate.arrival.reset();
  if (!stream.is_up || !fate.arrival) ++totals_.lost;
  if (!stream.is_up) return;
  if (!fate.arrival) return Reset(envelope.from, envelope.to);
  if (direction.cuts > 0 || direction.clogs > 0) return HoldBack(direction, std::move(envelope));
  direction.last_arrival = std::max(*fate.arrival, direction.last_arrival + Duration{1});
  DeliverAt(direction.last_arrival, direction, std::move(envelope), stream.life);
}

void Network::HoldBack(Direction& direction, Envelope envelope) {
  if (direction.stuck.size() < options_.in_flight_max)
    direction.stuck.push_back(std::move(envelope));
  else
    ++totals_.lost;
}

// What got stuck leaves now, late and in order.
void Network::LetGo(NodeId from, NodeId to) {
  Direction& direction = DirectionOf(from, to);
  for (Envelope& envelope : std::exchange(direction.stuck, {})) {
    if (IsStreams())
      SendInStream(direction, std::move(envelope));
    else
      SendDatagram(direction, std::move(envelope));
  }
}

void Network::CheckDamage(const Envelope& envelope) {
  const std::uint64_t draw = Mix(chance_.KeyOf(Subject::kCorruption), ++totals_.corrupt);
  PAXOS_CHECK("FRAME", IsDamageFound(FrameType::kPeerMessage, envelope, draw), envelope);
  PAXOS_CHECK("CODEC", IsReadOrRefused(envelope, draw), envelope);
}

void Network::DeliverAt(Time when, Direction& direction, Envelope envelope, std::uint64_t life) {
  ++direction.in_flight;
  queue_.At(when, [this, &direction, envelope = std::move(envelope), life] {
    Arrive(direction, envelope, life);
  });
}

// A datagram that left before a cut arrives; a stream that something was lost from is no stream.
void Network::Arrive(Direction& direction, const Envelope& envelope, std::uint64_t life) {
  --direction.in_flight;
  const bool is_late = IsStreams() && StreamOf(envelope.from, envelope.to).life != life;
  const bool is_cut = IsStreams() && direction.cuts > 0;
  if (is_late || is_cut) {
    ++totals_.lost;
    if (!is_late) Reset(envelope.from, envelope.to);
  } else if (events_.IsUp(envelope.to)) {
    events_.OnMessage(envelope);
  }
}

// ---- streams --------------------------------------------------------------------------------

Random Network::Draw(NodeId a, NodeId b) {
  const auto [low, high] = std::minmax(a, b);
  return Random(
      Mix(chance_.KeyOf(Subject::kReset, low.value(), high.value()), StreamOf(a, b).draws++));
}

void Network::Reset(NodeId a, NodeId b) {
  Stream& stream = StreamOf(a, b);
  if (!stream.is_up) return;
  stream.is_up = false;
  ++stream.life;
  ++totals_.resets;
  for (const auto& [node, peer] : {std::pair{a, b}, std::pair{b, a}}) {
    totals_.lost += DirectionOf(node, peer).stuck.size();
    DirectionOf(node, peer).stuck.clear();
    queue_.After(options_.link.latency_min, [this, node = node, peer = peer] {
      if (events_.IsUp(node)) events_.OnLinkDown(node, peer);
    });
  }
  ReconnectLater(a, b);
}

void Network::ReconnectLater(NodeId a, NodeId b) {
  Random random = Draw(a, b);
  // A reconnection comes after the ends have heard of the reset.
  const Duration delay = 2 * options_.link.latency_min +
                         LogUniform(random, options_.reconnect_min, options_.reconnect_max);
  queue_.After(delay, [this, a, b, life = StreamOf(a, b).life] {
    if (StreamOf(a, b).life == life) Reconnect(a, b);
  });
}

void Network::Reconnect(NodeId a, NodeId b) {
  Stream& stream = StreamOf(a, b);
  if (stream.is_up || !events_.IsUp(a) || !events_.IsUp(b)) return;
  if (IsCut(a, b) || IsCut(b, a)) return ReconnectLater(a, b);
  Random random = Draw(a, b);
  const Duration there =
      options_.link.latency_min + Exponential(random.Next(), options_.link.latency_mean);
  queue_.After(
      there, [this, one = events_.Introduce(a), other = events_.Introduce(b), life = stream.life] {
        if (StreamOf(one.node, other.node).life == life) Greet(one, other);
      });
}

// [N1] Hellos age on their way: what they say of a disk may be overtaken by what others tell of it.
void Network::Greet(const Introduction& a, const Introduction& b) {
  Stream& stream = StreamOf(a.node, b.node);
  if (stream.is_up || !events_.IsUp(a.node) || !events_.IsUp(b.node)) return;
  const bool is_cut = IsCut(a.node, b.node) || IsCut(b.node, a.node);
  if (is_cut || !events_.MayConnect(a, b)) return ReconnectLater(a.node, b.node);
  stream.is_up = true;
  events_.OnLinkUp(a.node, b.node);
  events_.OnLinkUp(b.node, a.node);
}

void Network::GiveUpLater(NodeId a, NodeId b) {
  Random random = Draw(a, b);
  queue_.After(LogUniform(random, options_.give_up_min, options_.give_up_max),
               [this, a, b, life = StreamOf(a, b).life] {
                 const bool is_silent = IsCut(a, b) || IsCut(b, a);
                 if (is_silent && StreamOf(a, b).life == life) Reset(a, b);
               });
}

// ---- faults ---------------------------------------------------------------------------------

bool Network::IsCut(NodeId from, NodeId to) const { return DirectionOf(from, to).cuts > 0; }

void Network::Cut(NodeId from, NodeId to) {
  if (from == to || is_calm_) return;
  ++DirectionOf(from, to).cuts;
  if (IsStreams()) GiveUpLater(from, to);
}

void Network::Mend(NodeId from, NodeId to) {
  if (from == to) return;
  Direction& direction = DirectionOf(from, to);
  PAXOS_CHECK("NETWORK", direction.cuts > 0, from, to);
  if (--direction.cuts == 0) LetGo(from, to);
}

void Network::Clog(NodeId from, NodeId to) {
  if (!is_calm_) ++DirectionOf(from, to).clogs;
}

void Network::Unclog(NodeId from, NodeId to) {
  Direction& direction = DirectionOf(from, to);
  if (direction.clogs > 0 && --direction.clogs == 0) LetGo(from, to);
}

// Each message takes a place in four; what it finds there is forgotten. So some are recent and
// some old.
void Network::Remember(Direction& direction, const Envelope& envelope) {
  if (options_.replay_memory == 0) return;
  const std::uint64_t draw =
      Mix(chance_.KeyOf(Subject::kReplay, envelope.from.value(), envelope.to.value()),
          direction.remembered++);
  const std::size_t place = draw % (4 * options_.replay_memory);
  if (direction.memory.size() < options_.replay_memory)
    direction.memory.push_back(envelope);
  else if (place < options_.replay_memory)
    direction.memory[place] = envelope;
}

void Network::Replay(NodeId from, NodeId to, std::uint64_t draw) {
  Direction& direction = DirectionOf(from, to);
  if (direction.memory.empty() || direction.cuts > 0) return;
  Random random(draw);
  for (std::uint64_t left = random.Between(1, direction.memory.size()); left > 0; --left) {
    ++totals_.replayed;
    const Duration delay =
        options_.link.latency_min + Exponential(random.Next(), options_.link.latency_mean);
    DeliverAt(queue_.now() + delay, direction,
              direction.memory[random.Below(direction.memory.size())], 0);
  }
}

namespace {

// Answers a question like `question` that was asked earlier, in another ballot or life: counting it
// now would be wrong.
bool IsStaleAnswer(const Message& question, const Message& answer) {
  if (const auto* prepare = std::get_if<Prepare>(&question)) {
    const auto* promise = std::get_if<Promise>(&answer);
    return promise != nullptr && promise->ballot != prepare->ballot;
  }
  if (const auto* accept = std::get_if<Accept>(&question)) {
    const auto* accepted = std::get_if<Accepted>(&answer);
    return accepted != nullptr && accepted->slot == accept->slot &&
           accepted->ballot != accept->ballot;
  }
  if (const auto* heartbeat = std::get_if<Heartbeat>(&question)) {
    const auto* ack = std::get_if<HeartbeatAck>(&answer);
    return ack != nullptr && ack->ballot != heartbeat->ballot;
  }
  if (const auto* ask = std::get_if<AskReadIndex>(&question)) {
    const auto* index = std::get_if<ReadIndex>(&answer);
    return index != nullptr && index->read.id == ask->read.id && index->read != ask->read;
  }
  return false;
}

bool IsAnswer(const Message& message) {
  return std::holds_alternative<Promise>(message) || std::holds_alternative<Accepted>(message) ||
         std::holds_alternative<HeartbeatAck>(message) ||
         std::holds_alternative<ReadIndex>(message);
}

}  // namespace

// Whether or not it arrived: a copy may be on its way for long.
void Network::KeepAnswer(Direction& direction, const Envelope& envelope) {
  if (!IsAnswer(envelope.message)) return;
  std::deque<Envelope>& kept = direction.answers[envelope.message.index()];
  kept.push_back(envelope);
  if (kept.size() > options_.answers_kept) kept.pop_front();
}

// Copies of what was answered earlier come in while the same is asked again, whether or not that
// arrives: they have been on their way for long.
void Network::RepeatAnswers(const Envelope& question) {
  Direction& back = DirectionOf(question.to, question.from);
  if (is_calm_) return;
  for (const auto& [kind, kept] : back.answers) {
    for (const Envelope& answer : kept) {
      if (!IsStaleAnswer(question.message, answer.message)) continue;
      Random random(Mix(chance_.KeyOf(Subject::kReplay), repeats_++));
      // Heartbeats are many.
      const bool is_ack = std::holds_alternative<HeartbeatAck>(answer.message);
      if (is_ack && !random.Chance(1, 8)) continue;
      ++totals_.replayed;
      const LinkOptions& link = options_.link;
      const Duration delay =
          LogUniform(random, link.latency_min, 8 * (link.latency_min + link.latency_mean));
      DeliverAt(queue_.now() + delay, back, answer, 0);
    }
  }
}

void Network::OnStarted(NodeId node) {
  for (std::uint64_t i = 1; i <= nodes_; ++i) {
    const NodeId peer{i};
    if (peer == node) continue;
    if (IsStreams()) {
      ReconnectLater(node, peer);
    } else {
      events_.OnLinkUp(node, peer);
    }
  }
}

void Network::OnDied(NodeId node, Death death) {
  if (!IsStreams()) return;
  for (std::uint64_t i = 1; i <= nodes_; ++i) {
    const NodeId peer{i};
    if (peer == node) continue;
    if (death == Death::kSocketsClosed) {
      Reset(node, peer);
      continue;
    }
    HalfOpen(node, peer);
  }
}

// The peer keeps half a connection until it gives it up or the node comes back.
void Network::HalfOpen(NodeId node, NodeId peer) {
  Stream& stream = StreamOf(node, peer);
  if (!stream.is_up) return;
  stream.is_up = false;
  ++stream.life;
  Random random = Draw(node, peer);
  queue_.After(LogUniform(random, options_.give_up_min, options_.give_up_max),
               [this, node, peer, life = stream.life] {
                 const Stream& then = StreamOf(node, peer);
                 const bool came_back = then.is_up || then.life != life;
                 if (!came_back && events_.IsUp(peer)) events_.OnLinkDown(peer, node);
               });
}

void Network::Calm() {
  is_calm_ = true;
  options_.in_flight_max = std::max<std::size_t>(options_.in_flight_max, 4096);
  for (std::uint64_t from = 1; from <= nodes_; ++from) {
    for (std::uint64_t to = 1; to <= nodes_; ++to) {
      Direction& direction = DirectionOf(NodeId{from}, NodeId{to});
      direction.link.Calm();
      while (direction.cuts > 0) Mend(NodeId{from}, NodeId{to});
      while (direction.clogs > 0) Unclog(NodeId{from}, NodeId{to});
    }
  }
}

}  // namespace paxos::sim
