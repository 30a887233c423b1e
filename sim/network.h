// The wires between the nodes. Two kinds, since each hides what the other shows:
//
//  - datagrams: each message travels alone; may be lost, doubled (also much later, when its sender
//    has died and come back) and overtaken;
//  - streams, as TCP behaves: in order, and what would be a loss is a reset, which loses everything
//    on its way in both directions, tells both ends, and is followed by a reconnection.
//
// Any direction can be cut and mended. What is sent into a cut is lost, or, in a stream that is not
// given up meanwhile, late. What left before is not stopped by it. A clogged direction loses
// nothing and holds everything back until it is open again.
//
// What changes on its way is found by the frame's check: a datagram is dropped, a stream reset.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "paxos/message.h"
#include "sim/chance.h"
#include "sim/event_queue.h"
#include "sim/link.h"

namespace paxos::sim {

enum class LinkStyle : std::uint8_t { kDatagrams, kStreams };

struct NetworkOptions {
  LinkStyle style = LinkStyle::kDatagrams;
  LinkOptions link{};
  // Messages on their way in one direction; more are dropped, as a full send queue would.
  std::size_t in_flight_max = 4096;
  // Datagrams that each direction remembers, to be replayed; 0: none.
  std::size_t replay_memory = 0;
  // Answers of each type that each direction keeps, for when the same is asked again; 0: none.
  std::size_t answers_kept = 0;
  // How long a stream may be silent before its ends give it up: log-uniform.
  Duration give_up_min = milliseconds{200};
  Duration give_up_max = seconds{10};
  // How long a reconnection takes: log-uniform.
  Duration reconnect_min = milliseconds{1};
  Duration reconnect_max = milliseconds{500};
};

// Of a process, as it dials or is dialed.
struct Introduction {
  NodeId node{};
  std::uint64_t life = 0;
  PersistSeq durable{};
};

// The nodes, as the wires see them. Nodes of an n-node cluster are 1..n.
class NetworkEvents {
 public:
  virtual ~NetworkEvents() = default;
  [[nodiscard]] virtual bool IsUp(NodeId node) const = 0;
  virtual void OnMessage(const Envelope& envelope) = 0;
  virtual void OnLinkUp(NodeId node, NodeId peer) = 0;
  virtual void OnLinkDown(NodeId node, NodeId peer) = 0;
  // A stream begins with greetings: what the node says of itself now, and whether two that have
  // said so connect. If not, they try again, as long as both run.
  [[nodiscard]] virtual Introduction Introduce(NodeId node) const { return {node, 0, {}}; }
  [[nodiscard]] virtual bool MayConnect(const Introduction& /*a*/, const Introduction& /*b*/) {
    return true;
  }
};

class Network {
 public:
  // All must outlive the network. Calls `events` from the queue only.
  Network(EventQueue& queue, const Chance& chance, const NetworkOptions& options, std::size_t nodes,
          NetworkEvents& events);

  void Send(Envelope envelope);

  // Cuts are counted: a direction works again once each cut was mended.
  void Cut(NodeId from, NodeId to);
  void Mend(NodeId from, NodeId to);
  [[nodiscard]] bool IsCut(NodeId from, NodeId to) const;
  // Counted as well.
  void Clog(NodeId from, NodeId to);
  void Unclog(NodeId from, NodeId to);
  // Some of what the direction remembers arrives once more, whoever has died or restarted since.
  void Replay(NodeId from, NodeId to, std::uint64_t draw);

  // The process of `node` started: it connects to everybody.
  void OnStarted(NodeId node);
  // It died. `closed`: the system closed its sockets, so that peers learn of it; after a loss of
  // power they do not.
  enum class Death : std::uint8_t { kSocketsClosed, kSilent };
  void OnDied(NodeId node, Death death);

  // Mends every cut and clog, for good; no more losses, copies or resets.
  void Calm();

  struct Totals {
    std::uint64_t sent = 0;
    std::uint64_t lost = 0;
    std::uint64_t doubled = 0;
    std::uint64_t resets = 0;
    std::uint64_t corrupt = 0;
    std::uint64_t replayed = 0;
  };
  [[nodiscard]] const Totals& totals() const { return totals_; }

 private:
  struct Direction {
    Link link;
    int cuts = 0;
    int clogs = 0;
    std::size_t in_flight = 0;
    Time last_arrival{};           // streams arrive in order
    std::deque<Envelope> stuck{};  // sent into a cut stream, or a clog
    std::vector<Envelope> memory{};
    std::uint64_t remembered = 0;
    std::map<std::size_t, std::deque<Envelope>> answers{};  // by type, the newest last
  };
  // Of an unordered pair of nodes, in streams.
  struct Stream {
    bool is_up = false;
    std::uint64_t life = 0;  // what was sent in an earlier life is lost
    std::uint64_t draws = 0;
  };

  Direction& DirectionOf(NodeId from, NodeId to);
  [[nodiscard]] const Direction& DirectionOf(NodeId from, NodeId to) const;
  Stream& StreamOf(NodeId a, NodeId b);
  void SendDatagram(Direction& direction, Envelope envelope);
  void SendInStream(Direction& direction, Envelope envelope);
  void HoldBack(Direction& direction, Envelope envelope);
  void LetGo(NodeId from, NodeId to);
  void CheckDamage(const Envelope& envelope);
  void Remember(Direction& direction, const Envelope& envelope);
  void KeepAnswer(Direction& direction, const Envelope& envelope);
  void RepeatAnswers(const Envelope& question);
  void DeliverAt(Time when, Direction& direction, Envelope envelope, std::uint64_t life);
  void Arrive(Direction& direction, const Envelope& envelope, std::uint64_t life);
  void Reset(NodeId a, NodeId b);
  void ReconnectLater(NodeId a, NodeId b);
  void Reconnect(NodeId a, NodeId b);
  void Greet(const Introduction& a, const Introduction& b);
  void HalfOpen(NodeId node, NodeId peer);
  void GiveUpLater(NodeId a, NodeId b);
  Random Draw(NodeId a, NodeId b);
  [[nodiscard]] bool IsStreams() const { return options_.style == LinkStyle::kStreams; }

  EventQueue& queue_;
  Chance chance_;
  NetworkOptions options_;
  std::size_t nodes_;
  NetworkEvents& events_;
  std::vector<Direction> directions_;  // [from][to]
  std::vector<Stream> streams_;        // [lower][higher]
  Totals totals_;
  std::uint64_t repeats_ = 0;  // stale answers so far
  bool is_calm_ = false;
};

}  // namespace paxos::sim
