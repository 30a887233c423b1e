// What consensus itself costs: three replicas in one thread, with disks that are durable at once
// and a network that is a vector. No bytes are written or sent, so this is the CPU time of the core
// alone, for all three nodes together.
//
//   time_per_command     CPU time of one chosen and applied command
//   steps_per_second     inputs to a replica (a message, a proposal, a durable batch)
//   messages_per_command what batching saves
//
// Three shapes: one command after the other (depth 1); many clients, whose commands share slots
// (depth c); and the same with a slot for every command, as if they came in turns of their own.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "paxos/archive.h"
#include "paxos/replica.h"

namespace {

using namespace paxos;

constexpr std::uint64_t kNodes = 3;
constexpr std::size_t kCommandBytes = 100;

class Cluster {
 public:
  explicit Cluster(std::size_t batch_commands_max) : inboxes_(kNodes) {
    ReplicaOptions options;
    std::vector<NodeId> voters;
    for (std::uint64_t i = 1; i <= kNodes; ++i) voters.push_back(NodeId{i});
    options.membership = Membership(voters);
    options.batch_commands_max = batch_commands_max;
    options.alpha = 256;
    options.log_bytes_max = ~std::uint64_t{0} / 2;
    for (const NodeId voter : voters) {
      options.self = voter;
      options.life = voter.value();
      replicas_.emplace_back(options, DurableState{}, now_);
    }
    leader().Campaign(now_);
    TakeTurn(0);
    RunUntilQuiet();
  }

  // `count` clients ask at once; returns when all of them have been answered.
  void Commit(std::size_t count) {
    const std::uint64_t wanted = answered_ + count;
    for (std::size_t i = 0; i < count; ++i) {
      leader().Propose(now_, ProposalId{++proposed_}, std::string(kCommandBytes, 'x'));
      ++steps_;
    }
    TakeTurn(0);
    while (answered_ < wanted)
      for (std::size_t node = 0; node < kNodes; ++node) TakeTurn(node);
  }

  [[nodiscard]] std::uint64_t steps() const { return steps_; }
  [[nodiscard]] std::uint64_t messages() const { return messages_; }
  [[nodiscard]] bool IsLed() const { return replicas_[0].IsLeading(); }

 private:
  Replica& leader() { return replicas_[0]; }

  void RunUntilQuiet() {
    for (bool is_quiet = false; !is_quiet;) {
      is_quiet = true;
      for (std::size_t node = 0; node < kNodes; ++node) {
        is_quiet = is_quiet && inboxes_[node].empty();
        TakeTurn(node);
      }
    }
  }

  // As Node does it: everything that has come in, then the output, once.
  void TakeTurn(std::size_t node) {
    Replica& replica = replicas_[node];
    now_ += Duration{1000};
    for (const Envelope& envelope : std::exchange(inboxes_[node], {})) {
      replica.Receive(now_, envelope);
      ++steps_;
    }
    Output output = replica.TakeOutput();
    if (!output.persist.empty()) {
      replica.OnDurable(now_, output.persist_seq);
      ++steps_;
    }
    for (Outgoing& outgoing : output.send) Send(node, std::move(outgoing));
    answered_ += output.done.size();
    benchmark::DoNotOptimize(output.apply.data());
  }

  void Send(std::size_t from, Outgoing outgoing) {
    const std::size_t to = outgoing.to.value() - 1;
    inboxes_[to].push_back(
        Envelope{NodeId{from + 1}, outgoing.to, PersistSeq{}, std::move(outgoing.message)});
    ++messages_;
  }

  std::vector<Replica> replicas_;
  std::vector<std::vector<Envelope>> inboxes_;
  Instant now_{};
  std::uint64_t proposed_ = 0;
  std::uint64_t answered_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t messages_ = 0;
};

void Commit(benchmark::State& state, std::size_t batch_commands_max) {
  Cluster cluster(batch_commands_max);
  if (!cluster.IsLed()) return state.SkipWithError("no leader");
  const auto depth = static_cast<std::size_t>(state.range(0));
  const std::uint64_t steps = cluster.steps();
  const std::uint64_t messages = cluster.messages();
  for (auto _ : state) cluster.Commit(depth);
  const auto commands = static_cast<double>(state.iterations()) * static_cast<double>(depth);
  using benchmark::Counter;
  state.counters["time_per_command"] = Counter(commands, Counter::kIsRate | Counter::kInvert);
  state.counters["steps_per_second"] =
      Counter(static_cast<double>(cluster.steps() - steps), Counter::kIsRate);
  state.counters["messages_per_command"] =
      static_cast<double>(cluster.messages() - messages) / commands;
}

void CommitSharingSlots(benchmark::State& state) { Commit(state, 4096); }
void CommitSlotEach(benchmark::State& state) { Commit(state, 1); }

// What the core leaves to the transport: one Accept with one command to bytes and back.
void EncodeAndDecodeAccept(benchmark::State& state) {
  const Ballot ballot{1, NodeId{1}};
  const SharedEntry entry(Entry{ballot, LogTime{}, {std::string(kCommandBytes, 'x')}});
  const Envelope envelope{NodeId{1}, NodeId{2}, PersistSeq{7}, Accept{ballot, Slot{9}, {}, entry}};
  std::string bytes;
  for (auto _ : state) {
    bytes.clear();
    EncodeTo(envelope, &bytes);
    benchmark::DoNotOptimize(Decode<Envelope>(bytes));
  }
}

BENCHMARK(CommitSharingSlots)->Arg(1)->Arg(16)->Arg(256);
BENCHMARK(CommitSlotEach)->Arg(16)->Arg(256);
BENCHMARK(EncodeAndDecodeAccept);

}  // namespace

BENCHMARK_MAIN();
