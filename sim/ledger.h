// The smallest thing worth replicating, as a workload: a ledger that appends each command and
// replies with its place. It exercises consensus alone: no sessions, no sockets, callers that sit
// inside the processes and die with them. A pattern for simulating a state machine of your own.
//
// Judged here, of every typed outcome: what was reported chosen at an index stands there in G; what
// was reported without effect is nowhere in G; nothing stands in G twice, or that nobody proposed
// (INV-7). And a read sees all that was applied anywhere when it was asked (INV-20, R1).
#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "sim/cluster.h"
#include "sim/program.h"

namespace paxos::sim {

class LedgerMachine final : public StateMachine {
 public:
  Applied Apply(const ApplyContext& context, std::string_view command) override;
  [[nodiscard]] std::string Snapshot() const override;
  Status Restore(std::string_view snapshot) override;

 private:
  std::uint64_t digest_ = 0;  // of everything appended
  CommandIndex last_{};
};

// How nodes come to lead: by the core's own time-outs, or by coin flips of the workload, while
// every time-out is too long to matter. Safety must not care.
enum class Elections : std::uint8_t { kTimeouts, kCoinFlips };

struct LedgerOptions {
  Duration call_every = milliseconds{50};  // the mean time between two calls
  PerMillion reads = 300'000;
  Elections elections = Elections::kTimeouts;
  Duration flip_every = milliseconds{300};
};

class LedgerWorkload final : public Workload {
 public:
  explicit LedgerWorkload(const LedgerOptions& options) : options_(options) {}

  std::unique_ptr<Program> Start(const Seams& seams) override;
  void Begin(Cluster& cluster) override;
  void OnHeal() override { is_healed_ = true; }
  [[nodiscard]] std::string WhyNotSettled() const override;
  void Conclude() override;

  [[nodiscard]] std::uint64_t chosen() const { return chosen_; }
  [[nodiscard]] std::uint64_t reads() const { return reads_; }

  // ---- from the programs
  void OnProposal(const Done& outcome);
  void OnRead(NodeId node, const Done& outcome);

 private:
  enum class Fate : std::uint8_t { kOpen, kChosen, kWithoutEffect, kUnknown };
  struct Proposal {
    Command command{};
    Fate fate = Fate::kOpen;
    CommandIndex index{};
  };
  struct PendingRead {
    NodeId node{};
    std::uint64_t life = 0;
    CommandIndex must_see{};
  };

  void CallSoon();
  void Call();
  void Propose(Host& host, Random& random);
  void Read(Host& host);
  void FlipSoon();
  Host& PickNode(Random& random);

  LedgerOptions options_;
  Cluster* cluster_ = nullptr;
  bool is_healed_ = false;
  std::uint64_t calls_ = 0;
  std::uint64_t flips_ = 0;
  std::vector<Proposal> proposals_;  // ProposalId 1 first
  std::map<ReadId, PendingRead> pending_reads_;
  ReadId last_read_{};
  std::uint64_t chosen_ = 0;
  std::uint64_t reads_ = 0;
  std::optional<std::size_t> proof_;  // a proposal made after the healing, to be chosen
};

}  // namespace paxos::sim
