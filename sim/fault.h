// The kinds of trouble a run can have, and single faults as decisions: what, when, how long. A
// run's list of faults is drawn from the seed before it starts, so any of them can be left out and
// the rest stays as it was.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "paxos/named.h"
#include "paxos/random.h"
#include "sim/true_time.h"

namespace paxos::sim {

// Each is on or off for a whole run.
enum class FaultClass : std::uint8_t {
  kLoss,           // of messages; in streams: resets
  kDuplication,    // of messages, also much later
  kTails,          // messages that take a hundred times as long
  kPartition,      // cuts between nodes: isolate, split, bridge, ring
  kCrash,          // of processes, with what their disks had not synced
  kHarshCrash,     // several per election
  kPause,          // the process stands still, the world does not
  kDiskStall,      // syncs that do not end
  kDiskFailure,    // the k-th write or sync fails
  kSlowDisk,       // slow syncs, and reported late
  kDrift,          // clocks that run fast or slow, up to what is assumed
  kSlowTurns,      // turns that take time, timers that are late
  kTinyKnobs,      // limits so small that they are reached
  kResign,         // a leader steps down, another node campaigns, without need
  kClients,        // clients that die, pause, and lose their connections
  kOneWay,         // a node that can send and not receive, or the other way round
  kClog,           // links that hold back everything and let it go at once, several in turn
  kCorrupt,        // bytes that change on their way
  kReplay,         // datagrams that came before come again, whoever died since
  kClientCut,      // clients that do not reach the nodes, while these reach each other
  kDiskFull,       // no write gets through for a while, whoever restarts
  kLateReports,    // durability that is reported seconds late
  kStrobe,         // clocks whose rate changes, within what is assumed
  kCoarse,         // clocks that show whole granules
  kSuspend,        // the machine stands still, its clock runs on
  kBadClock,       // clocks beyond what is assumed
  kMinimalQuorum,  // accepts reach no more nodes than a quorum
  kLateMarks,      // followers hear late what is chosen
  kEcho,           // nodes hear themselves again
  kDamage,         // records on a disk that have changed
  kLostDisk,       // a directory that is gone
  kRollback,       // an old copy of the directory in place of it
  kStaleAnswers,   // what was answered to an earlier campaign comes again in the next
  kStrangers,      // nodes outside the membership that vote, ask and tell
  kBabble,         // peers that say what no replica would
};
inline constexpr std::size_t kFaultClasses = 35;
bool IsKnown(FaultClass fault);
std::string ShortText(FaultClass fault);

// A set of classes.
class FaultClasses {
 public:
  [[nodiscard]] bool Has(FaultClass fault) const { return (bits_ & BitOf(fault)) != 0; }
  void Add(FaultClass fault) { bits_ |= BitOf(fault); }
  void Remove(FaultClass fault) { bits_ &= ~BitOf(fault); }
  static FaultClasses All();

  // "loss crash drift", or "none".
  friend std::string ShortText(const FaultClasses& classes);
  friend bool operator==(const FaultClasses&, const FaultClasses&) = default;
  template <class Archive>
  friend void serialize(Archive& ar, FaultClasses& f, unsigned /*version*/) {
    ar& Named("bits", f.bits_);
  }

 private:
  static std::uint64_t BitOf(FaultClass fault) {
    return std::uint64_t{1} << static_cast<unsigned>(fault);
  }
  std::uint64_t bits_ = 0;
};

// One decision. `choice` is 64 random bits from which whoever carries it out picks its victims; if
// the fault hits a single message, it is the draw that decided so, and it lasts no time.
struct Fault {
  static constexpr const char* kName = "Fault";
  Time at{};
  FaultClass what{};
  std::uint64_t choice = 0;
  Duration lasts{};
  // One of 0 .. answers - 1: each question about the victim has an answer of its own.
  [[nodiscard]] std::uint64_t Pick(std::uint64_t question, std::uint64_t answers) const {
    return Mix(choice, question) % answers;
  }
  friend bool operator==(const Fault&, const Fault&) = default;
};

inline bool HitsOneMessage(const Fault& fault) { return fault.lasts == Duration{}; }

template <class Archive>
void serialize(Archive& ar, Fault& f, unsigned /*version*/) {
  ar& Named("at", f.at) & Named("what", f.what) & Named("choice", f.choice) &
      Named("lasts", f.lasts);
}

}  // namespace paxos::sim
