// The replicated log against what clients were told: replays the log through the shipped state
// machines, but by its own reading of the log's rules (V1, T1, X1).
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "bench/lock_history.h"
#include "bench/lockcheck_beliefs.h"
#include "bench/lockcheck_replica.h"
#include "lockservice/lock_table.h"
#include "paxos/session_table.h"

namespace bench {

// What became of a call, by the log.
struct Outcome {
  std::string request{};
  std::string reply{};        // empty: none yet
  paxos::Slot executed_at{};  // 0: never
  paxos::Slot answered_at{};  // the slot whose command made the reply final
};

class LogReplay {
 public:
  LogReplay();
  // Slots in order, from 1.
  void Apply(paxos::Slot slot, const paxos::Entry& entry);

  [[nodiscard]] const Outcome* Find(paxos::SessionId session, std::uint64_t seq) const;
  [[nodiscard]] std::uint64_t commands() const { return index_.value(); }
  [[nodiscard]] const Violations& violations() const { return violations_; }

 private:
  using CallKey = std::pair<paxos::SessionId, std::uint64_t>;

  void Apply(paxos::Slot slot, const paxos::Command& command);
  void OnReply(paxos::Slot slot, const CallKey& key, const std::string& reply);

  lockservice::LockTable locks_;
  paxos::SessionTable sessions_;
  paxos::Ballot last_first_ballot_{};
  paxos::LogTime log_time_{};
  paxos::CommandIndex index_{};
  std::map<CallKey, Outcome> outcomes_;
  Violations violations_;
};

// One value per slot: what replicas have of a chosen slot is the same everywhere. The longest one
// says what is chosen.
Violations CheckAgreement(const std::vector<ReplicaLog>& replicas);

// Each answer is what the log says, and every replica's disk has the command that it answers and
// the one that answered it.
Violations CheckAnswers(const std::vector<Answer>& answers, const LogReplay& replay,
                        const std::vector<ReplicaLog>& replicas);

const ReplicaLog& Longest(const std::vector<ReplicaLog>& replicas);

}  // namespace bench
