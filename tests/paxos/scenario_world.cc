#include "tests/paxos/scenario_world.h"

#include <algorithm>
#include <stdexcept>

namespace paxos::scenario {
namespace {

std::string Name(NodeId node) { return "n" + ToText(node); }

std::string Kind(const Message& message) {
  return std::visit([](const auto& m) { return std::string(m.kName); }, message);
}

std::string RoleOf(const Replica& replica) {
  const Proposer& proposer = replica.proposer();
  if (const Leading* leading = proposer.leading()) return "leads in " + ToText(leading->ballot);
  if (const Preparing* p = proposer.preparing()) return "prepares " + ToText(p->ballot);
  return "follows";
}

}  // namespace

bool Pattern::Matches(const Envelope& envelope) const {
  if (from != NodeId{} && envelope.from != from) return false;
  if (to != NodeId{} && envelope.to != to) return false;
  if (!kind.empty() && Kind(envelope.message) != kind) return false;
  const std::string text = ToText(envelope.message);
  return std::all_of(fields.begin(), fields.end(), [&](const std::string& field) {
    return text.find(field + " ") != text.npos || text.find(field + "}") != text.npos;
  });
}

World::World(const ReplicaOptions& options, std::uint64_t count) : options_(options) {
  std::vector<NodeId> voters;
  for (std::uint64_t i = 1; i <= count; ++i) voters.push_back(NodeId{i});
  options_.membership = Membership(voters);
  for (const NodeId voter : voters) {
    members_[voter].id = voter;
    Start(members_[voter]);
  }
}

World::Member& World::At(NodeId node) {
  const auto found = members_.find(node);
  if (found == members_.end()) throw std::runtime_error("there is no " + Name(node));
  return found->second;
}

Replica& World::Running(NodeId node) {
  Member& member = At(node);
  if (!member.replica) throw std::runtime_error(Name(node) + " is down");
  return *member.replica;
}

void World::Start(Member& member) {
  ReplicaOptions options = options_;
  options.self = member.id;
  options.seed = member.id.value();
  options.life = 100 * member.id.value() + ++member.life;
  member.role = "follows";
  member.proposals = 0;
  member.reads = 0;
  member.replica.emplace(options, member.disk.Recover(), member.now);
  const Learner& learner = member.replica->learner();
  if (learner.prefix() == learner.delivered()) return;
  for (const ChosenEntry& chosen :
       member.disk.ReadChosen(learner.delivered().next(), learner.prefix()))
    Apply(member, member.replica->Replay(chosen));
}

// ---- before the story -----------------------------------------------------------------------

void World::Remember(NodeId node, const std::vector<Record>& records) {
  for (const Record& record : records) At(node).disk.Put(record);
  StartSilently(At(node));
}

void World::Forget(NodeId node, Slot up_to) {
  At(node).disk.Forget(up_to);
  StartSilently(At(node));
}

void World::StartSilently(Member& member) {
  const std::string said = transcript_;
  Start(member);
  transcript_ = said;
}

// ---- inputs ---------------------------------------------------------------------------------

void World::Campaign(NodeId node) {
  Running(node).Campaign(At(node).now);
  Drain(At(node));
}

void World::Resign(NodeId node) {
  Running(node).Resign(At(node).now);
  Drain(At(node));
}

void World::Propose(NodeId node, const std::vector<std::string>& commands) {
  for (const std::string& command : commands)
    Running(node).Propose(At(node).now, ProposalId{++At(node).proposals}, command);
  Drain(At(node));
}

void World::Read(NodeId node) {
  Running(node).Read(At(node).now, ReadId{++At(node).reads});
  Drain(At(node));
}

void World::Sleep(NodeId node, Duration time) { At(node).now += time; }

void World::Tick(NodeId node, Duration time) {
  Sleep(node, time);
  Running(node).OnTime(At(node).now);
  Drain(At(node));
}

void World::LinkDown(NodeId node, NodeId peer) {
  Running(node).OnLinkDown(At(node).now, peer);
  Drain(At(node));
}

void World::Sync(NodeId node, std::size_t batches) {
  Member& member = At(node);
  if (member.disk.waiting() == 0) throw std::runtime_error(Name(node) + " has nothing to sync");
  member.disk.Sync(batches);
  Detail(Name(node) + " disk holds #" + ToText(member.disk.durable()));
  Running(node).OnDurable(member.now, member.disk.durable());
  Drain(member);
}

void World::Crash(NodeId node, std::size_t batches_kept) {
  Member& member = At(node);
  Say(Name(node) + " is down; batches lost: " +
      std::to_string(member.disk.waiting() - std::min(batches_kept, member.disk.waiting())));
  member.disk.Crash(batches_kept);
  member.gated.clear();
  member.replica.reset();
}

void World::Restart(NodeId node) {
  Start(At(node));
  Show(node);
}

// ---- a turn ---------------------------------------------------------------------------------

void World::Drain(Member& member) {
  for (bool is_quiet = false; !is_quiet;) {
    const bool opened = OpenGate(member);
    Output output = member.replica->TakeOutput();
    is_quiet = output.empty() && !opened;
    CarryOut(member, std::move(output));
    ReportRole(member);
  }
}

bool World::OpenGate(Member& member) {
  const auto may_leave = [&](const Outgoing& o) { return o.after <= member.disk.durable(); };
  std::vector<Outgoing> leaving;
  std::copy_if(member.gated.begin(), member.gated.end(), std::back_inserter(leaving), may_leave);
  std::erase_if(member.gated, may_leave);
  for (const Outgoing& outgoing : leaving) Depart(member, outgoing);
  return !leaving.empty();
}

void World::CarryOut(Member& member, Output output) {
  for (const Record& record : output.persist)
    Detail(Name(member.id) + " writes #" + ToText(output.persist_seq) + " " + ToText(record));
  if (!output.persist.empty()) member.disk.Write(std::move(output.persist), output.persist_seq);
  for (const ServeChosen& wish : output.serve)
    output.send.push_back(Outgoing{wish.to, {}, ReadChosen(member, wish)});
  Send(member, output.send);
  for (const Delivery& delivery : output.apply) Apply(member, delivery);
  for (const Done& done : output.done) Say(Name(member.id) + " answers " + ToText(done));
}

ChosenRange World::ReadChosen(const Member& member, const ServeChosen& wish) const {
  return {member.disk.ReadChosen(wish.first, wish.last, options_.fetch_bytes_max)};
}

// What goes to several nodes is one line.
void World::Send(Member& member, const std::vector<Outgoing>& send) {
  std::string link = Name(member.id) + "->";
  for (std::size_t i = 0; i < send.size(); ++i) {
    const bool waits = send[i].after > member.disk.durable();
    const bool has_more = i + 1 < send.size() && send[i + 1].message == send[i].message;
    link += Name(send[i].to) + (has_more ? "," : " ");
    if (has_more) continue;
    Detail(link + ToText(send[i].message) + (waits ? " after #" + ToText(send[i].after) : ""));
    link = Name(member.id) + "->";
  }
  for (const Outgoing& outgoing : send) {
    const bool may_leave = outgoing.after <= member.disk.durable() && outgoing.to != member.id;
    if (may_leave)
      Depart(member, outgoing);
    else
      member.gated.push_back(outgoing);
  }
}

void World::Depart(Member& member, const Outgoing& outgoing) {
  const Envelope envelope{member.id, outgoing.to, member.disk.durable(), outgoing.message};
  if (outgoing.to == member.id) return member.replica->Receive(member.now, envelope);
  if (cut_.count({member.id, outgoing.to}) == 0)
    wire_.push_back(envelope);
  else
    Detail("  lost: " + Name(member.id) + " and " + Name(outgoing.to) + " are cut off");
}

void World::Apply(const Member& member, const Delivery& delivery) {
  const bool is_void = delivery.standing == EntryStanding::kVoid;
  Say(Name(member.id) + " applies slot " + ToText(delivery.slot) + " " + ToText(*delivery.entry) +
      (is_void ? " VOID" : "") + ", log time " + ToText(delivery.log_time));
  const auto known = applied_.emplace(delivery.slot, delivery).first;
  if (known->second != delivery)
    throw std::runtime_error("agreement is broken: elsewhere it was " + ToText(known->second));
}

void World::ReportRole(Member& member) {
  std::string role = RoleOf(*member.replica);
  if (role == member.role) return;
  member.role = std::move(role);
  Say(Name(member.id) + " " + member.role);
}

// ---- the wire -------------------------------------------------------------------------------

std::vector<Envelope>::iterator World::Find(const Pattern& pattern) {
  const auto found = std::find_if(wire_.begin(), wire_.end(),
                                  [&](const Envelope& e) { return pattern.Matches(e); });
  if (found == wire_.end()) throw std::runtime_error("no such message is on its way");
  return found;
}

void World::Arrive(const Envelope& envelope) {
  Member& to = At(envelope.to);
  Detail(Name(to.id) + " gets " + Kind(envelope.message) + " from " + Name(envelope.from));
  if (!to.replica) return Detail("  lost: " + Name(to.id) + " is down");
  to.replica->Receive(to.now, envelope);
  Drain(to);
}

void World::Deliver(const Pattern& pattern) {
  const auto found = Find(pattern);
  const Envelope envelope = *found;
  wire_.erase(found);
  Arrive(envelope);
}

void World::DeliverAll(const Pattern& pattern) {
  Find(pattern);
  std::vector<Envelope> arriving;
  std::copy_if(wire_.begin(), wire_.end(), std::back_inserter(arriving),
               [&](const Envelope& e) { return pattern.Matches(e); });
  std::erase_if(wire_, [&](const Envelope& e) { return pattern.Matches(e); });
  for (const Envelope& envelope : arriving) Arrive(envelope);
}

void World::Repeat(const Pattern& pattern) {
  const Envelope copy = *Find(pattern);
  Arrive(copy);
}

void World::Drop(const Pattern& pattern) {
  Find(pattern);
  std::erase_if(wire_, [&](const Envelope& e) { return pattern.Matches(e); });
}

void World::Hold(const Pattern& pattern) {
  const auto found = Find(pattern);
  held_.push_back(*found);
  wire_.erase(found);
}

void World::Release(const Pattern& pattern) {
  const auto found = std::find_if(held_.begin(), held_.end(),
                                  [&](const Envelope& e) { return pattern.Matches(e); });
  if (found == held_.end()) throw std::runtime_error("no such message is held");
  wire_.push_back(*found);
  held_.erase(found);
}

void World::Cut(NodeId from, NodeId to) { cut_.emplace(from, to); }

void World::Heal(NodeId from, NodeId to) { cut_.erase({from, to}); }

void World::Stick(NodeId node, bool is_stuck) { At(node).is_stuck = is_stuck; }

void World::SyncAll(NodeId node) {
  while (At(node).disk.waiting() > 0) Sync(node, SIZE_MAX);
}

// `question` goes to the voters, their answers come back.
void World::Exchange(NodeId node, const std::vector<NodeId>& voters, const char* question) {
  for (const NodeId voter : voters) {
    DeliverAll(Pattern{node, voter, question, {}});
    SyncAll(voter);
    DeliverAll(Pattern{voter, node, {}, {}});
  }
}

void World::Lose(NodeId from) {
  std::erase_if(wire_, [&](const Envelope& e) { return e.from == from; });
}

void World::Elect(NodeId node, const std::vector<NodeId>& voters) {
  const bool was_quiet = std::exchange(is_quiet_, true);
  Campaign(node);
  SyncAll(node);
  Exchange(node, voters, "Prepare");
  if (Running(node).IsLeading()) Exchange(node, voters, "Heartbeat");
  Lose(node);
  is_quiet_ = was_quiet;
}

void World::Choose(NodeId node, const std::string& command, const std::vector<NodeId>& voters) {
  const bool was_quiet = std::exchange(is_quiet_, true);
  Propose(node, {command});
  SyncAll(node);
  Exchange(node, voters, "Accept");
  Lose(node);
  is_quiet_ = was_quiet;
}

void World::Settle() {
  for (bool is_quiet = false; !is_quiet;) {
    is_quiet = wire_.empty();
    if (!wire_.empty()) DeliverAll(Pattern{});
    for (auto& [id, member] : members_) {
      if (!member.replica || member.is_stuck || member.disk.waiting() == 0) continue;
      Sync(id, member.disk.waiting());
      is_quiet = false;
    }
  }
}

// ---- looking --------------------------------------------------------------------------------

void World::Detail(const std::string& line) {
  if (!is_quiet_) Say(line);
}

void World::Show(NodeId node) {
  const Replica& replica = Running(node);
  Say(Name(node) + " " + RoleOf(replica) + ", promised " + ToText(replica.acceptor().promised()) +
      ", chosen up to " + ToText(replica.learner().prefix()) + ", disk holds #" +
      ToText(At(node).disk.durable()));
}

}  // namespace paxos::scenario
