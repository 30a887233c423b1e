// One node of the exhaustive search as a value: its process (a real Node), its disk, and the past
// by which it is judged.
#pragma once

#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <set>
#include <vector>

#include "paxos/node.h"
#include "sim/disk_image.h"
#include "sim/exhaust_wire.h"

namespace paxos::sim {

// What happened, as no node remembers it: crashes take nothing of it away.
struct Past {
  // Each by (slot, ballot), once.
  std::vector<AcceptedEntry> accepted{};  // every acceptance that was ever durable
  std::vector<AcceptedEntry> proposed{};  // every Accept that it ever sent
  std::vector<ChosenEntry> learned{};     // slot 1 first
  std::vector<Command> applied{};         // by this life, command 1 first
  std::vector<LogTime> applied_at{};      // the log time of each
  Ballot promised{};                      // the highest that was ever durable
  std::uint64_t round_now = 0;            // the highest that this life used
  std::uint64_t round_before = 0;         // and the lives before
  std::uint32_t campaigns = 0;
  std::uint32_t crashes = 0;
  std::uint32_t beaten = 0;

  // Null if nothing was ever accepted there.
  [[nodiscard]] const AcceptedEntry* FindAccepted(Slot slot, const Ballot& ballot) const;
  static void Remember(const AcceptedEntry& entry, std::vector<AcceptedEntry>* among);
};

template <class Archive>
void serialize(Archive& ar, Past& p, unsigned /*version*/) {
  ar& Named("accepted", p.accepted) & Named("proposed", p.proposed) & Named("learned", p.learned) &
      Named("applied", p.applied) & Named("applied_at", p.applied_at) &
      Named("promised", p.promised) & Named("round_now", p.round_now) &
      Named("round_before", p.round_before) & Named("campaigns", p.campaigns) &
      Named("crashes", p.crashes) & Named("beaten", p.beaten);
}

// A disk under control: a batch waits until the search says that it is durable.
struct ExhaustDisk {
  struct Batch {
    std::vector<Record> records{};
    PersistSeq seq{};
    template <class Archive>
    friend void serialize(Archive& ar, Batch& b, unsigned /*version*/) {
      ar& Named("records", b.records) & Named("seq", b.seq);
    }
  };
  DiskImage image{};
  std::optional<DiskImage> before{};  // without its last batch, if that may be forgotten
  std::deque<Batch> waiting{};
};

struct Process {
  Process() = default;
  Process(const Process& other);
  Process(Process&&) = default;
  Process& operator=(const Process&) = delete;
  Process& operator=(Process&&) = default;
  ~Process() = default;

  [[nodiscard]] std::uint64_t Fingerprint(NodeId self, const Relabelling& relabel,
                                          const Membership& voters, Campaigns campaigns) const;

  std::unique_ptr<Node> node{};
  Instant now{};
  ExhaustDisk disk{};
  Past past{};
  std::set<MessageId> sent{};  // not part of Fingerprint
};

}  // namespace paxos::sim
