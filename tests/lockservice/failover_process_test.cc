// What a cluster promises when its processes die: locks survive, tokens grow, queues go on.
#include "tests/lockservice/process_cluster.h"

namespace process {
namespace {

class FailoverTest : public ClusterTest {};

TEST_F(FailoverTest, AKilledLeaderTakesNoLockWithIt) {
  const auto held = Acquire("door", "60s");
  ASSERT_TRUE(held);
  KillNode(Leader());
  EXPECT_EQ(HolderToken("door"), held->token);
  const Ended released =
      Ctl({"release", "--session", held->session, "--token", std::to_string(held->token), "door"});
  EXPECT_EQ(released.exit_code, 0) << released.err;
  const auto next = Acquire("door", "5s");
  ASSERT_TRUE(next);
  EXPECT_GT(next->token, held->token);
}

TEST_F(FailoverTest, ARunningCommandDoesNotNoticeThatTheLeaderDies) {
  const auto run = StartCtl(
      {"run", "--ttl", "6s", "door", "--", "sh", "-c",
       "echo $LOCK_TOKEN; while ! [ -e " + (dir() / "end").string() + " ]; do sleep 0.05; done"});
  ASSERT_TRUE(run->AwaitOut("\n"));
  KillNode(Leader());
  // Well beyond the TTL: the session was renewed by the new leader.
  const auto end = Clock::now() + seconds{7};
  while (Clock::now() < end) {
    ASSERT_FALSE(run->HasEnded()) << run->Err();
    EXPECT_EQ(HolderToken("door"), std::stoull(run->Out()));
  }
  WriteAll(dir() / "end", "");
  EXPECT_EQ(run->ExitCode(), 0);
}

TEST_F(FailoverTest, S06_WaitersAreServedInTheirOrderOverALeadersDeath) {
  const auto held = Acquire("door", "60s");
  ASSERT_TRUE(held);
  const std::string order = dir() / "order";
  std::vector<std::unique_ptr<Process>> waiters;
  for (std::size_t i = 0; i < 4; ++i) {
    waiters.push_back(StartCtl({"run", "door", "--", "sh", "-c",
                                "echo " + std::to_string(i) + " $LOCK_TOKEN >>" + order}));
    ASSERT_TRUE(Eventually([&] { return WaitingFor("door") == i + 1; }));
  }
  KillNode(Leader());
  ASSERT_EQ(
      Ctl({"release", "--session", held->session, "--token", std::to_string(held->token), "door"})
          .exit_code,
      0);
  for (const auto& waiter : waiters) EXPECT_EQ(waiter->ExitCode(), 0) << waiter->Err();
  std::istringstream lines(ReadAll(order));
  std::uint64_t last_token = held->token;
  for (std::size_t i = 0; i < 4; ++i) {
    std::size_t waiter = 9;
    std::uint64_t token = 0;
    lines >> waiter >> token;
    EXPECT_EQ(waiter, i);
    EXPECT_GT(token, last_token);
    last_token = token;
  }
}

TEST_F(FailoverTest, EverythingIsThereAfterAllServersWereKilled) {
  const auto held = Acquire("door", "60s", {"--note", "still me"});
  ASSERT_TRUE(held);
  for (std::size_t i = 0; i < NodeCount(); ++i) KillNode(i);
  for (std::size_t i = 0; i < NodeCount(); ++i) StartNode(i);
  for (std::size_t i = 0; i < NodeCount(); ++i) ASSERT_TRUE(AwaitReady(i)) << node(i).Err();
  EXPECT_EQ(HolderToken("door"), held->token);
  EXPECT_NE(Ctl({"get", "door"}).out.find("still me"), std::string::npos);
}

TEST_F(FailoverTest, ARestartedServerCatchesUpAndCanLead) {
  const std::size_t victim = Leader();
  KillNode(victim);
  const auto held = Acquire("door", "60s");
  ASSERT_TRUE(held);
  StartNode(victim);
  ASSERT_TRUE(AwaitReady(victim));
  // With one of the two others dead, nothing can be chosen without the restarted one.
  KillNode((victim + 1) % 3);
  EXPECT_EQ(HolderToken("door"), held->token);
  EXPECT_TRUE(Acquire("window", "5s"));
}

TEST_F(FailoverTest, WithoutAQuorumNothingIsGrantedAndNothingIsLost) {
  const auto held = Acquire("door", "60s");
  ASSERT_TRUE(held);
  KillNode(0);
  KillNode(1);
  const Ended refused = Ctl({"--patience", "1s", "run", "window", "--", "true"});
  EXPECT_EQ(refused.exit_code, 69) << refused.err;
  StartNode(0);
  ASSERT_TRUE(AwaitReady(0));
  EXPECT_EQ(HolderToken("door"), held->token);
}

// Rule N1: a disk that forgot is not the disk that promised.
TEST_F(FailoverTest, ADirectoryThatWasRolledBackIsRefused) {
  const std::size_t leader = Leader();
  const std::size_t victim = (leader + 1) % 3;
  const std::size_t other = (leader + 2) % 3;
  node(victim).Signal(SIGTERM);
  ASSERT_EQ(node(victim).ExitCode(), 0);
  const std::filesystem::path old = dir() / "old";
  std::filesystem::copy(node_dir(victim), old, std::filesystem::copy_options::recursive);
  StartNode(victim);
  ASSERT_TRUE(AwaitReady(victim));
  // Without the third node every command and every read needs the victim's word, and with it comes
  // how far its disk has got.
  node(other).Signal(SIGSTOP);
  ASSERT_TRUE(Acquire("door", "60s"));
  ASSERT_TRUE(HolderToken("door"));
  KillNode(victim);
  node(other).Signal(SIGCONT);
  std::filesystem::remove_all(node_dir(victim));
  std::filesystem::copy(old, node_dir(victim), std::filesystem::copy_options::recursive);
  StartNode(victim);
  EXPECT_EQ(node(victim).ExitCode(), 65) << node(victim).Err();
  EXPECT_NE(node(victim).Err().find("rolled back"), std::string::npos) << node(victim).Err();
}

}  // namespace
}  // namespace process
