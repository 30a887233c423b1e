// Three nodes on one loop over real sockets: what the pieces of net/ are for.
#include "net/node_loop.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "tests/net/loopback.h"

namespace paxos::net {
namespace {

// Durable as soon as the loop comes round; nothing to recover. Keeps the contract for one life.
class InstantStorage : public Storage {
 public:
  explicit InstantStorage(Runtime& runtime) : runtime_(runtime) {}

  Result<DurableState> Recover() override { return DurableState{}; }
  Result<std::vector<ChosenEntry>> ReadChosen(Slot first, Slot /*last*/,
                                              std::size_t /*bytes_max*/) override {
    return Status(ErrorCode::kNotFound, "slot " + ShortText(first) + " was never chosen here");
  }
  void Write(std::vector<Record> /*batch*/, PersistSeq seq) override {
    runtime_.Post([to = std::weak_ptr<StorageEvents*>(events), seq] {
      if (const auto alive = to.lock()) (*alive)->OnDurable(seq);
    });
  }

  // Gone with the storage: what is posted then is lost, as in a crash.
  std::shared_ptr<StorageEvents*> events = std::make_shared<StorageEvents*>(nullptr);

 private:
  Runtime& runtime_;
};

// The state is the list of commands.
class Journal : public StateMachine {
 public:
  Applied Apply(const ApplyContext& /*context*/, std::string_view command) override {
    commands.emplace_back(command);
    return {.reply = "did " + std::string(command)};
  }
  std::string Snapshot() const override { return Encode(commands); }
  Status Restore(std::string_view /*snapshot*/) override { return Status::Ok(); }

  std::vector<std::string> commands;
};

struct Member : NodeEvents {
  Member(Runtime& runtime, std::uint64_t id, std::uint64_t start_nonce = 0)
      : storage(runtime),
        transport(runtime, TransportOptions(id, start_nonce)),
        node(NodeOptions(id), storage, transport, journal, *this),
        loop(runtime, transport, node) {
    *storage.events = &node;
    loop.WhenLogging([this](const std::string& line) { log.push_back(line); });
  }

  static TcpTransportOptions TransportOptions(std::uint64_t id, std::uint64_t start_nonce) {
    TcpTransportOptions options;
    options.self = NodeId(id);
    options.cluster = ClusterId(77);
    options.listen = {"127.0.0.1", 0};
    options.start_nonce = start_nonce;
    for (const std::uint64_t peer : {1U, 2U, 3U}) {
      if (peer != id) options.peers[NodeId(peer)] = {"127.0.0.1", 1};
    }
    return options;
  }

  static ReplicaOptions NodeOptions(std::uint64_t id) {
    ReplicaOptions options;
    options.self = NodeId(id);
    options.membership = Membership({NodeId(1), NodeId(2), NodeId(3)});
    options.seed = id;
    options.life = id;
    return options;
  }

  void OnProposal(const Done& /*outcome*/, const std::optional<std::string>& reply) override {
    replies.push_back(reply.value_or("no"));
  }
  void OnFailed(const Status& why) override { FAIL() << why.ToString(); }

  Journal journal;
  InstantStorage storage;
  TcpTransport transport;
  Node node;
  NodeLoop loop;
  std::vector<std::string> replies;
  std::vector<std::string> log;
};

class NodeLoopTest : public testing::Test {
 protected:
  void SetUp() override {
    for (const std::uint64_t id : {1U, 2U, 3U}) {
      members_.push_back(std::make_unique<Member>(runtime_, id));
      ASSERT_TRUE(members_.back()->loop.Start().ok());
    }
    for (auto& a : members_) {
      for (auto& b : members_) Introduce(*a, *b);
    }
  }

  static void Introduce(Member& a, Member& b) {
    const NodeId other = b.node.replica().options().self;
    if (&a != &b) a.transport.SetPeerAddress(other, b.transport.address());
  }

  bool Run(const std::function<bool()>& done) { return runtime_.RunUntil(done, kLong); }

  Member* Leader() {
    const auto leads = [](const auto& member) { return member->node.replica().IsLeading(); };
    const auto found = std::ranges::find_if(members_, leads);
    return found == members_.end() ? nullptr : found->get();
  }

  Runtime runtime_;
  std::vector<std::unique_ptr<Member>> members_;
};

TEST_F(NodeLoopTest, ACommandReachesEveryReplica) {
  ASSERT_TRUE(Run([&] { return Leader() != nullptr; }));
  Member& leader = *Leader();
  leader.node.Propose(Now(), ProposalId(1), "first");
  leader.node.Propose(Now(), ProposalId(2), "second");
  EXPECT_TRUE(Run([&] {
    return std::ranges::all_of(
        members_, [](const auto& member) { return member->journal.commands.size() == 2; });
  }));
  EXPECT_EQ(leader.replies, (std::vector<std::string>{"did first", "did second"}));
  for (const auto& member : members_) {
    EXPECT_EQ(member->journal.commands, leader.journal.commands);
  }
}

// A closed connection says at once what a missing heartbeat would say later.
TEST_F(NodeLoopTest, TheOthersElectAnotherWhenTheLeaderIsGone) {
  ASSERT_TRUE(Run([&] { return Leader() != nullptr; }));
  Member* const old_leader = Leader();
  std::erase_if(members_, [&](const auto& member) { return member.get() == old_leader; });
  ASSERT_TRUE(Run([&] { return Leader() != nullptr; }));
  Leader()->node.Propose(Now(), ProposalId(1), "after");
  EXPECT_TRUE(Run([&] { return !Leader()->replies.empty(); }));
  EXPECT_EQ(Leader()->replies[0], "did after");
}

TEST_F(NodeLoopTest, LogsItsLinks) {
  ASSERT_TRUE(Run([&] { return members_[0]->transport.stats().links_up == 2; }));
  EXPECT_TRUE(std::ranges::count(members_[0]->log, "link to node 2 is up") == 1);
}

// [N1] The default of a node that is cast out: its loop stops.
TEST_F(NodeLoopTest, StopsWhenItsDiskIsNotTheOneThatPeersKnow) {
  ASSERT_TRUE(Run([&] { return Leader() != nullptr; }));
  Leader()->node.Propose(Now(), ProposalId(1), "remembered");
  ASSERT_TRUE(Run([&] { return members_[0]->node.durable() > PersistSeq(1); }));
  ASSERT_TRUE(Run([&] { return members_[0]->transport.stats().links_up == 2; }));
  members_.erase(members_.begin());
  members_.push_back(std::make_unique<Member>(runtime_, 1, 4711));
  Member& forgetful = *members_.back();
  ASSERT_TRUE(forgetful.loop.Start().ok());
  bool was_cast_out = false;
  forgetful.loop.WhenCastOut([&](const Status& why) {
    was_cast_out = true;
    EXPECT_EQ(why.code(), ErrorCode::kDamaged);
  });
  for (auto& member : members_) {
    Introduce(*member, forgetful);
    Introduce(forgetful, *member);
  }
  EXPECT_TRUE(Run([&] { return was_cast_out; }));
}

}  // namespace
}  // namespace paxos::net
