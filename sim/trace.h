// A run as a list of events, and one number that stands for it: a hash over every event's time,
// kind, place and encoded bytes. Two runs with equal hashes did the same.
#pragma once

#include <cstdint>
#include <string>
#include <variant>
#include <vector>

#include "paxos/archive.h"
#include "paxos/message.h"
#include "sim/fault.h"
#include "sim/hash.h"
#include "sim/true_time.h"

namespace paxos::sim {

enum class EventKind : std::uint8_t {
  kStart,  // a process starts
  kCrash,  // it dies
  kStop,   // it ends itself, since its disk failed
  kPause,  // it stands still
  kResume,
  kDeliver,  // a message arrives
  kLinkUp,
  kLinkDown,
  kWake,     // a timer fires
  kDurable,  // the disk reports a batch
  kWriteFailed,
  kTurn,  // a turn ends
  kCampaign,
  kResign,
  kFault,   // a decision of the timeline is carried out
  kHeal,    // faults are over
  kSocket,  // a client's connection opens, carries bytes or closes
  kClient,  // a client does something
  kStore,   // a guarded write arrives
  kClock,   // a clock changes
  kForged,  // a message arrives that no node has sent
};
bool IsKnown(EventKind kind);
std::string ShortText(EventKind kind);

// A peer, a durable seq, a socket: whatever number an event is about.
struct Number {
  std::uint64_t value = 0;
  friend bool operator==(const Number&, const Number&) = default;
  friend std::string ShortText(const Number& number) { return std::to_string(number.value); }
};
template <class Archive>
void serialize(Archive& ar, Number& n, unsigned /*version*/) {
  ar& Named("value", n.value);
}

struct Text {
  std::string bytes{};
  friend bool operator==(const Text&, const Text&) = default;
};
template <class Archive>
void serialize(Archive& ar, Text& t, unsigned /*version*/) {
  ar& Named("bytes", t.bytes);
}

using EventBody = std::variant<Number, Text, Envelope, Fault>;

struct Event {
  Time at{};
  EventKind kind{};
  NodeId node{};  // 0: none in particular
  EventBody body{};
  friend bool operator==(const Event&, const Event&) = default;
};
template <class Archive>
void serialize(Archive& ar, Event& e, unsigned /*version*/) {
  ar& Named("at", e.at) & Named("kind", e.kind) & Named("node", e.node) & Named("body", e.body);
}

// An event while it happens: the body belongs to whoever tells of it.
struct EventView {
  using Body = std::variant<const Number*, const Text*, const Envelope*, const Fault*>;

  Time at{};
  EventKind kind{};
  NodeId node{};
  Body body{};

  // Null if the body is of another kind.
  template <class T>
  [[nodiscard]] const T* As() const {
    const T* const* found = std::get_if<const T*>(&body);
    return found == nullptr ? nullptr : *found;
  }
  // A copy that may be kept.
  [[nodiscard]] Event ToEvent() const {
    return Event{at, kind, node,
                 std::visit([](const auto* each) { return EventBody(*each); }, body)};
  }
};

// Told of every event as it happens.
class TraceListener {
 public:
  virtual ~TraceListener() = default;
  virtual void OnEvent(const EventView& event) = 0;
};

class Trace {
 public:
  void AddListener(TraceListener& listener) { listeners_.push_back(&listener); }

  template <class Body>
  void Add(Time at, EventKind kind, NodeId node, const Body& body) {
    ++events_;
    bytes_.clear();
    EncodeTo(body, &bytes_);
    hash_.Add(static_cast<std::uint64_t>(at.time_since_epoch().count()));
    hash_.Add(static_cast<std::uint64_t>(kind) << 56 ^ node.value());
    hash_.Add(bytes_);
    for (TraceListener* each : listeners_) each->OnEvent(EventView{at, kind, node, &body});
  }
  void Add(Time at, EventKind kind, NodeId node) { Add(at, kind, node, Number{}); }

  [[nodiscard]] std::uint64_t hash() const { return hash_.value(); }
  [[nodiscard]] std::uint64_t events() const { return events_; }

 private:
  Hash hash_;
  std::string bytes_;
  std::uint64_t events_ = 0;
  std::vector<TraceListener*> listeners_;
};

}  // namespace paxos::sim
