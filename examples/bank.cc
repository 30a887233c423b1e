// A small bank under the simulator: what a user of the library writes to have a state machine of
// their own crashed, cut off and judged for a few thousand simulated hours.
//
//   bank [SEEDS]               a bank that knows the transfers it has made
//   bank [SEEDS] --forgetful   one that does not: the planted bug, which the simulator finds
//
// A caller that hears nothing, or that its proposal's outcome is unknown, asks again. So a transfer
// can stand in the log twice, and the bank must make it once. Three things are the user's: the
// state machine (Bank), what runs on a machine (BankProgram), and who calls and judges
// (BankWorkload).

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "paxos/archive.h"
#include "paxos/check.h"
#include "paxos/node.h"
#include "sim/program.h"
#include "sim/simulation.h"

using namespace paxos;  // NOLINT: an example

namespace {

enum class Memory : std::uint8_t { kOfEveryTransfer, kNone };

// ---- the state machine ----------------------------------------------------------------------

struct Transfer {
  std::uint64_t id = 0;  // the caller's: the same whenever it asks again
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t amount = 0;
  template <class Archive>
  friend void serialize(Archive& ar, Transfer& t, unsigned /*version*/) {
    ar& Named("id", t.id) & Named("from", t.from) & Named("to", t.to) & Named("amount", t.amount);
  }
};

constexpr std::size_t kAccounts = 4;
constexpr std::uint64_t kAtFirst = 100;  // on each

class Bank final : public StateMachine {
 public:
  explicit Bank(Memory memory) : memory_(memory) { balances_.assign(kAccounts, kAtFirst); }

  // Replies "moved" or "refused", to a repeated transfer what it replied before.
  Applied Apply(const ApplyContext& /*context*/, std::string_view command) override {
    const Result<Transfer> transfer = Decode<Transfer>(command);
    if (!transfer) return {"no transfer", {}};
    const auto made = made_.find(transfer->id);
    if (made != made_.end()) return {made->second, {}};
    std::string reply = Move(*transfer) ? "moved" : "refused";
    if (memory_ == Memory::kOfEveryTransfer) made_[transfer->id] = reply;
    return {std::move(reply), {}};
  }
  [[nodiscard]] std::string Snapshot() const override {
    return Encode(std::pair{balances_, made_});
  }
  Status Restore(std::string_view bytes) override {
    auto state =
        Decode<std::pair<std::vector<std::uint64_t>, std::map<std::uint64_t, std::string>>>(bytes);
    if (!state) return state.error();
    std::tie(balances_, made_) = *std::move(state);
    return Status::Ok();
  }

  [[nodiscard]] const std::vector<std::uint64_t>& balances() const { return balances_; }

 private:
  bool Move(const Transfer& transfer) {
    if (transfer.from >= kAccounts || transfer.to >= kAccounts) return false;
    if (balances_[transfer.from] < transfer.amount) return false;
    balances_[transfer.from] -= transfer.amount;
    balances_[transfer.to] += transfer.amount;
    return true;
  }

  Memory memory_;
  std::vector<std::uint64_t> balances_;
  std::map<std::uint64_t, std::string> made_;
};

// ---- what runs on a machine -----------------------------------------------------------------

// Hears of every outcome and of everything applied, on whichever machine.
class Teller {
 public:
  virtual ~Teller() = default;
  virtual void OnOutcome(const Done& outcome) = 0;
};

// One life of a process: a node with its bank.
class BankProgram final : public sim::Program, private NodeEvents {
 public:
  BankProgram(const sim::Seams& seams, Memory memory, Teller& teller)
      : observer_(seams.observer),
        teller_(teller),
        bank_(memory),
        node_(seams.options, seams.storage, seams.transport, bank_, *this) {}

  Node& node() override { return node_; }
  [[nodiscard]] const Node& node() const override { return node_; }
  Status Start(Instant now) override { return node_.Start(now); }
  void OnTime(Instant now) override { node_.OnTime(now); }
  void Drain(Instant now) override { node_.Drain(now); }
  [[nodiscard]] Instant next_wakeup() const override { return node_.next_wakeup(); }
  [[nodiscard]] std::string Snapshot() const override { return bank_.Snapshot(); }

 private:
  void OnApplied(const ApplyContext& context, const Applied& applied) override {
    observer_.OnApplied(context, applied);
  }
  void OnProposal(const Done& outcome, const std::optional<std::string>& /*reply*/) override {
    teller_.OnOutcome(outcome);
  }
  void OnRead(const Done& outcome) override { observer_.OnRead(outcome); }
  void OnRole() override { observer_.OnRole(); }
  void OnFailed(const Status& why) override { observer_.OnFailed(why); }

  NodeEvents& observer_;
  Teller& teller_;
  Bank bank_;
  Node node_;
};

// ---- who calls, and who judges --------------------------------------------------------------

class BankWorkload final : public sim::Workload, public Teller {
 public:
  explicit BankWorkload(Memory memory) : memory_(memory) {}

  std::unique_ptr<sim::Program> Start(const sim::Seams& seams) override {
    return std::make_unique<BankProgram>(seams, memory_, *this);
  }
  void Begin(sim::Cluster& cluster) override {
    cluster_ = &cluster;
    CallSoon();
  }
  void OnHeal() override { is_healed_ = true; }
  [[nodiscard]] std::string WhyNotSettled() const override {
    return open_.empty() ? "" : "a transfer has no outcome";
  }

  // Every caller must have been given patience once more.
  [[nodiscard]] Duration SettleTime() const override { return 2 * kPatience; }

  // Judged over the whole log, beside an auditor who makes each transfer once.
  void Conclude() override {
    const std::string books = BalancesBy(memory_);
    const std::string audited = BalancesBy(Memory::kOfEveryTransfer);
    PAXOS_CHECK("BANK-ONCE", books == audited, books, audited);
  }

 private:
  static constexpr Duration kEvery = std::chrono::milliseconds{100};
  static constexpr Duration kPatience = std::chrono::seconds{2};

  [[nodiscard]] std::string BalancesBy(Memory memory) const {
    const sim::GlobalLog& log = cluster_->invariants().log();
    Bank bank(memory);
    for (CommandIndex index{1}; index <= log.last_index(); ++index)
      bank.Apply({index, {}}, log.Find(index).command());
    std::string text;
    for (const std::uint64_t balance : bank.balances()) text += std::to_string(balance) + " ";
    return text;
  }

  void CallSoon() {
    const std::uint64_t draw = Mix(cluster_->chance().KeyOf(sim::Subject::kWorkload), calls_);
    cluster_->queue().After(sim::Exponential(draw, kEvery), [this] {
      if (!is_healed_) BeginTransfer();
      CallSoon();
    });
  }

  void BeginTransfer() {
    Random random = cluster_->chance().Of(sim::Subject::kWorkload, 1, calls_++);
    const Transfer transfer{calls_, random.Below(kAccounts), random.Below(kAccounts),
                            random.Between(1, kAtFirst)};
    open_[transfer.id] = Encode(transfer);
    Ask(transfer.id);
  }

  // At the leader, or at anybody if there is none; again, until there is an outcome.
  void Ask(std::uint64_t transfer) {
    const auto found = open_.find(transfer);
    if (found == open_.end()) return;
    sim::Host* leader = cluster_->Leader();
    const std::uint64_t draw = Mix(cluster_->chance().KeyOf(sim::Subject::kWorkload, 2), asked_);
    sim::Host& host =
        leader != nullptr ? *leader : cluster_->host(NodeId{draw % cluster_->size() + 1});
    const ProposalId id{++asked_};
    transfers_[id] = transfer;
    if (host.IsUp()) {
      host.Do([id, command = found->second](sim::Program& program, Instant now) {
        program.node().Propose(now, id, command);
      });
    }
    cluster_->queue().After(kPatience, [this, transfer] { Ask(transfer); });
  }

  // Without effect, or unknown: it is asked again when patience ends.
  void OnOutcome(const Done& outcome) override {
    if (const auto* chosen = std::get_if<ProposalChosen>(&outcome))
      open_.erase(transfers_.at(chosen->id));
  }

  Memory memory_;
  sim::Cluster* cluster_ = nullptr;
  bool is_healed_ = false;
  std::uint64_t calls_ = 0;
  std::uint64_t asked_ = 0;
  std::map<std::uint64_t, Command> open_;          // transfers without an outcome
  std::map<ProposalId, std::uint64_t> transfers_;  // that a proposal asks for
};

}  // namespace

int main(int argc, char** argv) {
  std::uint64_t seeds = 200;
  Memory memory = Memory::kOfEveryTransfer;
  for (int i = 1; i < argc; ++i) {
    if (std::string_view(argv[i]) == "--forgetful") {
      memory = Memory::kNone;
    } else {
      seeds = std::strtoull(argv[i], nullptr, 10);
    }
  }
  for (std::uint64_t seed = 1; seed <= seeds; ++seed) {
    BankWorkload workload(memory);
    const sim::RunReport report = Simulate(sim::DrawSwarm(seed, {}), workload);
    if (!report.violation) continue;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed),
                report.violation->what.c_str());
    return 1;
  }
  std::printf("%llu seeds: every transfer was made once\n", static_cast<unsigned long long>(seeds));
  return 0;
}
