#include "sim/ledger.h"

#include <utility>

#include "paxos/archive.h"
#include "paxos/check.h"
#include "sim/hash.h"

namespace paxos::sim {
namespace {

// One process: the node and its ledger, nothing in front of them.
class LedgerProgram final : public Program, private NodeEvents {
 public:
  LedgerProgram(const Seams& seams, LedgerWorkload& workload)
      : observer_(seams.observer),
        workload_(workload),
        self_(seams.options.self),
        node_(seams.options, seams.storage, seams.transport, machine_, *this) {}

  Node& node() override { return node_; }
  [[nodiscard]] const Node& node() const override { return node_; }
  Status Start(Instant now) override { return node_.Start(now); }
  void OnTime(Instant now) override { node_.OnTime(now); }
  void Drain(Instant now) override { node_.Drain(now); }
  [[nodiscard]] Instant next_wakeup() const override { return node_.next_wakeup(); }
  [[nodiscard]] std::string Snapshot() const override { return machine_.Snapshot(); }

 private:
  void OnApplied(const ApplyContext& context, const Applied& applied) override {
    observer_.OnApplied(context, applied);
  }
  void OnProposal(const Done& outcome, const std::optional<std::string>& /*reply*/) override {
    workload_.OnProposal(outcome);
  }
  void OnRead(const Done& outcome) override {
    observer_.OnRead(outcome);
    workload_.OnRead(self_, outcome);
  }
  void OnRole() override { observer_.OnRole(); }
  void OnFailed(const Status& why) override { observer_.OnFailed(why); }

  NodeEvents& observer_;
  LedgerWorkload& workload_;
  NodeId self_;
  LedgerMachine machine_;
  Node node_;
};

}  // namespace

// ---- the state machine ----------------------------------------------------------------------

Applied LedgerMachine::Apply(const ApplyContext& context, std::string_view command) {
  Hash hash;
  hash.Add(digest_);
  hash.Add(command);
  hash.Add(static_cast<std::uint64_t>(context.log_time.time_since_epoch().count()));
  digest_ = hash.value();
  last_ = context.index;
  return Applied{std::to_string(digest_), {}};
}

std::string LedgerMachine::Snapshot() const { return Encode(std::pair{last_, digest_}); }

Status LedgerMachine::Restore(std::string_view snapshot) {
  const auto state = Decode<std::pair<CommandIndex, std::uint64_t>>(snapshot);
  if (!state.has_value()) return state.error();
  std::tie(last_, digest_) = *state;
  return Status::Ok();
}

// ---- the callers ----------------------------------------------------------------------------

std::unique_ptr<Program> LedgerWorkload::Start(const Seams& seams) {
  return std::make_unique<LedgerProgram>(seams, *this);
}

void LedgerWorkload::Begin(Cluster& cluster) {
  cluster_ = &cluster;
  CallSoon();
  if (options_.elections == Elections::kCoinFlips) FlipSoon();
}

void LedgerWorkload::CallSoon() {
  const std::uint64_t draw = Mix(cluster_->chance().KeyOf(Subject::kWorkload), calls_);
  cluster_->queue().After(Exponential(draw, options_.call_every), [this] {
    Call();
    CallSoon();
  });
}

void LedgerWorkload::Call() {
  Random random = cluster_->chance().Of(Subject::kWorkload, 1, calls_++);
  Host& host = PickNode(random);
  if (!host.IsUp()) return;
  if (is_healed_) {
    // One proposal after the other until one is chosen: the proof that the cluster works.
    if (proof_ && proposals_[*proof_].fate == Fate::kOpen) return;
    if (proof_ && proposals_[*proof_].fate == Fate::kChosen) return;
    proof_ = proposals_.size();
    return Propose(host, random);
  }
  if (Happens(random.Next(), options_.reads)) return Read(host);
  Propose(host, random);
}

// Mostly the leader; the others must refuse, or ask it.
Host& LedgerWorkload::PickNode(Random& random) {
  Host* leader = cluster_->Leader();
  if (leader != nullptr && (is_healed_ || random.Chance(3, 4))) return *leader;
  return cluster_->host(NodeId{random.Between(1, cluster_->size())});
}

void LedgerWorkload::Propose(Host& host, Random& random) {
  Command command = std::to_string(proposals_.size() + 1);
  command.resize(command.size() + LogUniform(random, 1, 200), ' ');
  proposals_.push_back(Proposal{command, Fate::kOpen, {}});
  const ProposalId id{proposals_.size()};
  cluster_->trace().Add(cluster_->now(), EventKind::kClient, host.id(), Number{id.value()});
  host.Do(
      [id, command](Program& program, Instant now) { program.node().Propose(now, id, command); });
}

void LedgerWorkload::Read(Host& host) {
  const ReadId id = ++last_read_;
  pending_reads_[id] =
      PendingRead{host.id(), host.lives(), cluster_->invariants().log().most_applied()};
  cluster_->trace().Add(cluster_->now(), EventKind::kClient, host.id(),
                        Text{"read " + std::to_string(id.value())});
  host.Do([id](Program& program, Instant now) { program.node().Read(now, id); });
}

void LedgerWorkload::FlipSoon() {
  const std::uint64_t draw = Mix(cluster_->chance().KeyOf(Subject::kWorkload, 2), flips_++);
  cluster_->queue().After(Exponential(draw, options_.flip_every), [this, draw] {
    const bool must_elect = cluster_->Leader() == nullptr;
    if (!is_healed_ || must_elect)
      cluster_->host(NodeId{Mix(draw, 1) % cluster_->size() + 1}).Campaign();
    FlipSoon();
  });
}

// ---- outcomes -------------------------------------------------------------------------------

void LedgerWorkload::OnProposal(const Done& outcome) {
  const auto proposal = [this](ProposalId id) -> Proposal& {
    return proposals_.at(id.value() - 1);
  };
  if (const auto* chosen = std::get_if<ProposalChosen>(&outcome)) {
    Proposal& done = proposal(chosen->id);
    PAXOS_CHECK("OUTCOME", done.fate == Fate::kOpen, outcome);
    const GlobalLog::Numbered& stands = cluster_->invariants().log().Find(chosen->index);
    PAXOS_CHECK("INV-7", stands.command() == done.command, outcome, stands.command());
    PAXOS_CHECK("INV-7", stands.slot == chosen->slot, outcome, stands.slot);
    done.fate = Fate::kChosen;
    ++chosen_;
  } else if (const auto* never = std::get_if<NeverProposed>(&outcome)) {
    PAXOS_CHECK("OUTCOME", proposal(never->id).fate == Fate::kOpen, outcome);
    proposal(never->id).fate = Fate::kWithoutEffect;
  } else if (const auto* superseded = std::get_if<Superseded>(&outcome)) {
    PAXOS_CHECK("OUTCOME", proposal(superseded->id).fate == Fate::kOpen, outcome);
    proposal(superseded->id).fate = Fate::kWithoutEffect;
  } else if (const auto* unknown = std::get_if<OutcomeUnknown>(&outcome)) {
    PAXOS_CHECK("OUTCOME", proposal(unknown->id).fate == Fate::kOpen, outcome);
    proposal(unknown->id).fate = Fate::kUnknown;
  }
}

void LedgerWorkload::OnRead(NodeId node, const Done& outcome) {
  const auto* ready = std::get_if<ReadReady>(&outcome);
  const auto* refused = std::get_if<ReadRefused>(&outcome);
  const ReadId id = ready != nullptr ? ready->id : refused->id;
  const auto read = pending_reads_.find(id);
  if (id > last_read_) return;  // a probe's
  PAXOS_CHECK("OUTCOME", read != pending_reads_.end() && read->second.node == node, node, outcome);
  const CommandIndex must_see = read->second.must_see;
  pending_reads_.erase(read);
  if (ready == nullptr) return;
  ++reads_;
  const CommandIndex sees = cluster_->invariants().log().applied(node);
  PAXOS_CHECK("INV-20", sees >= must_see, node, outcome, sees, must_see);
}

std::string LedgerWorkload::WhyNotSettled() const {
  const bool is_proven = proof_ && proposals_[*proof_].fate == Fate::kChosen;
  return is_proven ? "" : "nothing was chosen since the healing";
}

void LedgerWorkload::Conclude() {
  const GlobalLog& log = cluster_->invariants().log();
  std::map<Command, CommandIndex> places;
  for (CommandIndex index{1}; index <= log.last_index(); ++index) {
    const Command& command = log.Find(index).command();
    const bool is_new = places.emplace(command, index).second;
    PAXOS_CHECK("INV-11", is_new, command, index, places[command]);
  }
  for (const Proposal& proposal : proposals_) {
    const bool took_effect = places.erase(proposal.command) != 0;
    PAXOS_CHECK("OUTCOME", !took_effect || proposal.fate != Fate::kWithoutEffect, proposal.command);
    PAXOS_CHECK("OUTCOME", took_effect || proposal.fate != Fate::kChosen, proposal.command);
  }
  PAXOS_CHECK("INV-7", places.empty(), places);
}

}  // namespace paxos::sim
