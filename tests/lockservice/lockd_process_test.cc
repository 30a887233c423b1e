// lockd as an operator meets it: each way to go wrong has a message and an exit code of its own.
#include "tests/lockservice/process_cluster.h"

namespace process {
namespace {

using ::testing::AssertionFailure;
using ::testing::AssertionResult;
using ::testing::AssertionSuccess;

AssertionResult Fails(const Ended& ended, int exit_code, const std::string& message) {
  if (ended.exit_code == exit_code && ended.err.find(message) != std::string::npos)
    return AssertionSuccess();
  return AssertionFailure() << "exit code " << ended.exit_code << ", stderr: " << ended.err;
}

class LockdCommandLineTest : public ProcessTest {
 protected:
  std::string Genesis(const std::string& name, const std::string& addresses) {
    const std::string file = dir() / (name + ".json");
    EXPECT_EQ(Lockd({"genesis", "--out", file, "--node", "n1=" + addresses}).exit_code, 0);
    return file;
  }
  // A cluster of one on free ports, with its disk in `name`.
  std::string MakeNode(const std::string& name) {
    const std::vector<int> ports = FreePorts(2);
    const std::string file = Genesis(
        name, "127.0.0.1:" + std::to_string(ports[0]) + ",127.0.0.1:" + std::to_string(ports[1]));
    EXPECT_EQ(Lockd({"init", "--cluster", file, "--name", "n1", "--dir", dir() / name}).exit_code,
              0);
    return file;
  }
  Ended RunNode(const std::string& file, const std::string& name) {
    return Lockd({"run", "--cluster", file, "--dir", dir() / name});
  }
};

TEST_F(LockdCommandLineTest, HelpIsNoError) {
  const Ended help = Lockd({"--help"});
  EXPECT_EQ(help.exit_code, 0);
  EXPECT_NE(help.out.find("genesis"), std::string::npos);
}

TEST_F(LockdCommandLineTest, UsageErrors) {
  EXPECT_TRUE(Fails(Lockd({}), 64, "subcommand"));
  EXPECT_TRUE(
      Fails(Lockd({"run", "--cluster", "x", "--dir", "y", "--nonsense"}), 64, "--nonsense"));
  EXPECT_TRUE(Fails(Lockd({"run", "--cluster", "x"}), 64, "--dir"));
  EXPECT_TRUE(Fails(Lockd({"genesis", "--out", dir() / "x", "--node", "n1"}), 64, "NAME="));
  EXPECT_TRUE(
      Fails(Lockd({"genesis", "--out", dir() / "x", "--node", "n1=here,there"}), 64, "here"));
  EXPECT_TRUE(Fails(Lockd({"genesis", "--out", dir() / "x", "--node", "n1=127.0.0.1:1,127.0.0.1:2",
                           "--node", "n1=127.0.0.1:3,127.0.0.1:4"}),
                    64, "nodes[1].name"));
}

TEST_F(LockdCommandLineTest, AClusterIsMadeOnce) {
  const std::string file = Genesis("c", "127.0.0.1:7101,127.0.0.1:7201");
  const Ended again =
      Lockd({"genesis", "--out", file, "--node", "n1=127.0.0.1:7101,127.0.0.1:7201"});
  EXPECT_TRUE(Fails(again, 1, "exists"));
}

TEST_F(LockdCommandLineTest, ADiskIsMadeOnce) {
  const std::string file = MakeNode("n1");
  const Ended again = Lockd({"init", "--cluster", file, "--name", "n1", "--dir", dir() / "n1"});
  EXPECT_TRUE(Fails(again, 1, "n1"));
  const Ended unknown = Lockd({"init", "--cluster", file, "--name", "n9", "--dir", dir() / "x"});
  EXPECT_TRUE(Fails(unknown, 78, "n9"));
}

TEST_F(LockdCommandLineTest, ABadClusterFileNamesTheField) {
  const std::string file = MakeNode("n1");
  std::string json = ReadAll(file);
  WriteAll(file, json.replace(json.find("\"alpha\""), 7, "\"alfa\""));
  EXPECT_TRUE(Fails(RunNode(file, "n1"), 78, "alfa: is not a field"));
  WriteAll(file, "[");
  EXPECT_TRUE(Fails(RunNode(file, "n1"), 78, "is not JSON"));
  EXPECT_TRUE(Fails(RunNode(dir() / "none.json", "n1"), 66, "none.json"));
}

TEST_F(LockdCommandLineTest, AMissingOrEmptyDirectoryIsNeverCreated) {
  const std::string file = MakeNode("n1");
  EXPECT_TRUE(Fails(RunNode(file, "none"), 66, "none"));
  EXPECT_FALSE(std::filesystem::exists(dir() / "none"));
  std::filesystem::create_directory(dir() / "empty");
  EXPECT_TRUE(Fails(RunNode(file, "empty"), 66, "empty"));
  EXPECT_TRUE(std::filesystem::is_empty(dir() / "empty"));
}

TEST_F(LockdCommandLineTest, TheDirectoryOfAnotherClusterIsForeign) {
  const std::string first = MakeNode("n1");
  MakeNode("other");
  EXPECT_TRUE(Fails(RunNode(first, "other"), 76, "cluster"));
}

// The other nodes may still go by the old file: two quorums without a common node [M1].
TEST_F(LockdCommandLineTest, AnEditedMembershipIsRefused) {
  const std::string file = MakeNode("n1");
  std::string json = ReadAll(file);
  WriteAll(file, json.replace(json.find("\"alpha\": 64"), 11, "\"alpha\": 32"));
  EXPECT_TRUE(Fails(RunNode(file, "n1"), 76, "another alpha"));
}

TEST_F(LockdCommandLineTest, ADamagedDirectoryIsSaidToBeDamaged) {
  const std::string file = MakeNode("n1");
  const std::filesystem::path identity = dir() / "n1" / "identity";
  const std::string whole = ReadAll(identity);
  std::string changed = whole;
  changed[changed.find("node ") + 5] ^= 1;
  WriteAll(identity, changed);
  EXPECT_TRUE(Fails(RunNode(file, "n1"), 65, "identity"));
  WriteAll(identity, whole);
  std::filesystem::remove(dir() / "n1" / "db" / "CURRENT");
  EXPECT_TRUE(Fails(RunNode(file, "n1"), 65, "n1"));
}

TEST_F(LockdCommandLineTest, ATakenPortIsTheSystemsWord) {
  const std::string file = MakeNode("n1");
  const auto holder = Start(LOCKD_PATH, {"run", "--cluster", file, "--dir", dir() / "n1"});
  ASSERT_TRUE(holder->AwaitOut("ready"));
  // Another cluster's node on the same ports.
  const std::string out = holder->Out();
  const std::string peer =
      out.substr(out.find("peer=") + 5, out.find(" client") - out.find("peer=") - 5);
  const std::string other = Genesis("other", peer + ",127.0.0.1:1");
  ASSERT_EQ(Lockd({"init", "--cluster", other, "--name", "n1", "--dir", dir() / "other"}).exit_code,
            0);
  EXPECT_TRUE(Fails(RunNode(other, "other"), 71, peer));
}

TEST_F(LockdCommandLineTest, ADirectoryInUseIsForLater) {
  const std::string file = MakeNode("n1");
  const auto first = Start(LOCKD_PATH, {"run", "--cluster", file, "--dir", dir() / "n1"});
  ASSERT_TRUE(first->AwaitOut("ready"));
  EXPECT_TRUE(Fails(RunNode(file, "n1"), 75, "n1"));
}

TEST_F(LockdCommandLineTest, OtherMachinesAreServedOnlyIfAskedFor) {
  const std::string file = Genesis("open", "0.0.0.0:7101,0.0.0.0:7201");
  ASSERT_EQ(Lockd({"init", "--cluster", file, "--name", "n1", "--dir", dir() / "open"}).exit_code,
            0);
  EXPECT_TRUE(Fails(RunNode(file, "open"), 78, "--insecure"));
  const auto listening =
      Start(LOCKD_PATH, {"run", "--cluster", file, "--dir", dir() / "open", "--insecure",
                         "--listen-peer", "0.0.0.0:0", "--listen-client", "0.0.0.0:0"});
  EXPECT_TRUE(listening->AwaitOut("ready node=n1 peer=0.0.0.0:"));
}

TEST_F(LockdCommandLineTest, SigtermIsACleanStop) {
  const std::string file = MakeNode("n1");
  const auto node = Start(LOCKD_PATH, {"run", "--cluster", file, "--dir", dir() / "n1"});
  ASSERT_TRUE(node->AwaitErr("leading in ballot"));
  node->Signal(SIGTERM);
  EXPECT_EQ(node->ExitCode(), 0);
  EXPECT_NE(node->Err().find("stopped"), std::string::npos);
}

// ---- hostile bytes --------------------------------------------------------------------------

class LockdHostileInputTest : public ClusterTest {
 protected:
  std::size_t NodeCount() const override { return 1; }

  // Sends `bytes` to the client port; true once the server has closed the connection.
  bool IsCutOff(const std::string& bytes) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    address.sin_port = htons(static_cast<std::uint16_t>(client_port(0)));
    EXPECT_EQ(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof address), 0);
    EXPECT_EQ(send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
    const timeval limit{30, 0};
    setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
    char buffer[4096];
    ssize_t size = 0;
    do {
      size = recv(fd, buffer, sizeof buffer, 0);
    } while (size > 0);
    const bool is_closed = size == 0 || errno == ECONNRESET;
    close(fd);
    return is_closed;
  }
};

TEST_F(LockdHostileInputTest, GarbageCostsOneConnectionAndNothingElse) {
  EXPECT_TRUE(IsCutOff("GET / HTTP/1.1\r\nHost: lock\r\n\r\n"));
  EXPECT_TRUE(IsCutOff(std::string(100'000, '\xff')));
  EXPECT_TRUE(node(0).AwaitErr("client 127.0.0.1:"));
  EXPECT_EQ(Ctl({"run", "door", "--", "true"}).exit_code, 0);
}

TEST_F(LockdHostileInputTest, AnOversizedFrameIsRefusedByItsHeader) {
  // A request of 2 GiB, as its header says.
  const std::string header("QRT1\x01\x03\0\0\0\0\0\0\xff\xff\xff\x7f\0\0\0\0", 20);
  EXPECT_TRUE(IsCutOff(header));
  EXPECT_EQ(Ctl({"run", "door", "--", "true"}).exit_code, 0);
}

}  // namespace
}  // namespace process
