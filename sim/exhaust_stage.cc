#include "sim/exhaust_stage.h"

#include <algorithm>
#include <utility>

#include "paxos/check.h"
#include "sim/exhaust_judge.h"

namespace paxos::sim {
namespace {

// Long enough for a heartbeat and for everything unanswered to be sent again; short enough for no
// election time-out to come within the few beats of a search.
constexpr Duration kBeat = std::chrono::milliseconds{100};

std::string KindOf(const Message& message) {
  return std::visit([](const auto& each) { return std::string(each.kName); }, message);
}

std::optional<Ballot> LedBy(const Process& process) {
  const Leading* leading = process.node->replica().proposer().leading();
  return leading == nullptr ? std::nullopt : std::optional(leading->ballot);
}

}  // namespace

std::string NameOf(NodeId node) { return "n" + std::to_string(node.value()); }

Membership Voters(std::size_t nodes) {
  std::vector<NodeId> voters;
  for (std::size_t i = 1; i <= nodes; ++i) voters.push_back(NodeId{i});
  return Membership(voters);
}

ExhaustStage::ExhaustStage(const ExhaustBounds& bounds, Doctored doctored, NodeId self,
                           ExhaustWire& wire)
    : bounds_(bounds), doctored_(doctored), wire_(wire) {
  options_.self = self;
  options_.membership = Voters(bounds.nodes);
  options_.seed = self.value();
  options_.life = self.value();
  options_.alpha = bounds.alpha();
}

Process ExhaustStage::First() {
  Process process;
  on_ = &process;
  Start();
  return process;
}

void ExhaustStage::Start() {
  Storage& disk = *this;
  Transport& wire = *this;
  StateMachine& machine = *this;
  NodeEvents& owner = *this;
  on_->node = std::make_unique<Node>(options_, disk, wire, machine, owner);
  const Status started = on_->node->Start(on_->now);
  PAXOS_CHECK("INV-24", started.ok(), options_.self, started.ToString());
}

// ---- steps ----------------------------------------------------------------------------------

bool ExhaustStage::Allows(const Process& process, Act act) const {
  const Proposer& proposer = process.node->replica().proposer();
  const Leading* leading = proposer.leading();
  switch (act) {
    case Act::kPropose:  // while the window is full, one command waits
      return leading != nullptr && leading->next_slot.value() <= bounds_.slots &&
             proposer.bytes_held() == leading->window_bytes;
    case Act::kBeat:
      return leading != nullptr;
    case Act::kSync:
      return !process.disk.waiting.empty();
    // Ballots order by node, so who campaigns must not be renamed; but which nodes of a cluster do
    // may be: the first ones.
    case Act::kCampaign:
      return options_.self.value() <= bounds_.ballots;
    case Act::kCrash:
    case Act::kDeliver:
      return true;
  }
  return false;
}

StepMarks ExhaustStage::Take(Process& process, const ExhaustStep& step, std::string* story) {
  on_ = &process;
  marks_ = StepMarks{};
  story_ = story;
  const std::optional<Ballot> led_before = LedBy(process);
  const bool was_idle = process.node->replica().proposer().IsIdle();
  Do(step);
  Finish(step);
  JudgeWindow(options_, process);
  LookAtRole(led_before, was_idle || step.act != Act::kDeliver);
  return marks_;
}

void ExhaustStage::Do(const ExhaustStep& step) {
  switch (step.act) {
    case Act::kDeliver:
      return Deliver(wire_.Find(step.message));
    case Act::kCampaign:
      ++on_->past.campaigns;
      return on_->node->Campaign(on_->now);
    case Act::kPropose:
      return Propose();
    case Act::kSync:
      return Sync();
    case Act::kCrash:
      return Crash();
    case Act::kBeat:
      ++on_->past.beaten;
      on_->now += kBeat;
      return on_->node->OnTime(on_->now);
  }
}

void ExhaustStage::Finish(const ExhaustStep& step) {
  for (;;) {
    on_->node->Drain(on_->now);
    Learn(step);
    if (bounds_.disks != ExhaustDisks::kInstant || on_->disk.waiting.empty()) return;
    if (story_ != nullptr) *story_ += "> sync " + NameOf(options_.self) + " 1\n";
    Sync();
  }
}

void ExhaustStage::Deliver(const Envelope& envelope) {
  Say([&] { return " gets " + KindOf(envelope.message) + " from " + NameOf(envelope.from); });
  on_->node->Receive(on_->now, envelope);
}

void ExhaustStage::Propose() {
  const Leading& leading = *on_->node->replica().proposer().leading();
  const std::uint64_t id = leading.ballot.round << 8 | leading.next_slot.value();
  on_->node->Propose(on_->now, ProposalId{id}, CommandOf(options_.self, leading.next_slot));
}

void ExhaustStage::Sync() {
  ExhaustDisk& disk = on_->disk;
  const ExhaustDisk::Batch batch = std::move(disk.waiting.front());
  disk.waiting.pop_front();
  JudgeStore(options_.self, *on_, batch.records);
  if (doctored_ == Doctored::kForgetfulDisk) disk.before = disk.image;
  disk.image.Apply(batch.records, batch.seq);
  for (const Record& record : batch.records) {
    const auto* accepted = std::get_if<AcceptedRecord>(&record);
    if (accepted == nullptr) continue;
    Past::Remember({accepted->slot, accepted->ballot, accepted->entry}, &on_->past.accepted);
  }
  on_->past.promised = std::max(on_->past.promised, disk.image.promised());
  JudgeMark(options_.self, *on_);
  Say([&] { return " disk holds #" + std::to_string(batch.seq.value()); });
  on_->node->OnDurable(batch.seq);
}

void ExhaustStage::Crash() {
  ExhaustDisk& disk = on_->disk;
  Past& past = on_->past;
  Say([&] { return " is down; batches lost: " + std::to_string(disk.waiting.size()); });
  if (!disk.waiting.empty()) marks_.Add(Sometimes::kWriteLost);
  disk.waiting.clear();
  if (disk.before) disk.image = *std::exchange(disk.before, std::nullopt);
  ++past.crashes;
  past.round_before = std::max(past.round_before, std::exchange(past.round_now, 0));
  past.applied.clear();
  past.applied_at.clear();
  if (disk.image.chosen_prefix() > Slot{}) marks_.Add(Sometimes::kReplayed);
  Start();
  Say([&] { return " is up again, promised " + ToText(disk.image.promised()); });
}

// ---- the disk -------------------------------------------------------------------------------

Result<DurableState> ExhaustStage::Recover() { return on_->disk.image.ToDurableState(); }

Result<std::vector<ChosenEntry>> ExhaustStage::ReadChosen(Slot first, Slot last,
                                                          std::size_t /*bytes_max*/) {
  const DiskImage& image = on_->disk.image;
  std::vector<ChosenEntry> found;
  for (Slot slot = first; slot <= std::min(last, image.chosen_prefix()); ++slot) {
    const DiskImage::Stored* stored = image.Find(slot);
    if (stored == nullptr) break;
    found.push_back(ChosenEntry{slot, stored->entry});
  }
  if (found.empty()) return Status(ErrorCode::kNotFound, "read: nothing chosen is stored there");
  return found;
}

void ExhaustStage::Write(std::vector<Record> batch, PersistSeq seq) {
  for (const Record& record : batch)
    Say([&] { return " writes #" + std::to_string(seq.value()) + " " + ToText(record); });
  on_->disk.waiting.push_back({std::move(batch), seq});
}

// ---- the wire -------------------------------------------------------------------------------

void ExhaustStage::Send(Envelope envelope) {
  Say([&] { return "->" + NameOf(envelope.to) + " " + ToText(envelope.message); });
  JudgeSend(options_.self, *on_, envelope.message);
  Past& past = on_->past;
  if (std::holds_alternative<Prepare>(envelope.message) ||
      std::holds_alternative<Heartbeat>(envelope.message) ||
      std::holds_alternative<Accept>(envelope.message))
    past.round_now = std::max(past.round_now, on_->disk.image.ballot_used().round);
  if (const auto* accept = std::get_if<Accept>(&envelope.message))
    Past::Remember({accept->slot, accept->ballot, accept->entry}, &past.proposed);
  const std::optional<Envelope> sent = OnTheWire(std::move(envelope));
  if (sent) PutOnTheWire(*sent);
}

void ExhaustStage::PutOnTheWire(const Envelope& envelope) {
  on_->sent.insert(wire_.Intern(envelope));
  if (doctored_ != Doctored::kEchoedVotes || !std::holds_alternative<Accepted>(envelope.message))
    return;
  Envelope echo = envelope;
  do {
    echo.from = NodeId{echo.from.value() % bounds_.nodes + 1};
  } while (echo.from == envelope.to);
  if (echo.from != envelope.from) on_->sent.insert(wire_.Intern(echo));
}

// ---- the owner ------------------------------------------------------------------------------

Applied ExhaustStage::Apply(const ApplyContext& context, std::string_view command) {
  Say([&] {
    return " applies " + std::to_string(context.index.value()) + " " + std::string(command) +
           ", log time " + ToText(context.log_time);
  });
  JudgeApply(options_.self, *on_, context);
  on_->past.applied.emplace_back(command);
  on_->past.applied_at.push_back(context.log_time);
  return {};
}

void ExhaustStage::OnProposal(const Done& outcome, const std::optional<std::string>& /*reply*/) {
  Say([&] { return " answers " + ToText(outcome); });
  if (const auto* chosen = std::get_if<ProposalChosen>(&outcome)) {
    marks_.Add(Sometimes::kAnswered);
    JudgeAnswer(options_.self, *on_, *chosen);
  }
  if (std::holds_alternative<Superseded>(outcome)) marks_.Add(Sometimes::kSuperseded);
}

void ExhaustStage::OnRole() {
  const auto ballot = LedBy(*on_);
  Say([&] { return (ballot ? " leads in " + ToText(*ballot) : " follows"); });
}

void ExhaustStage::OnFailed(const Status& why) {
  PAXOS_CHECK("INV-24", why.ok(), options_.self, why.ToString());
}

}  // namespace paxos::sim
