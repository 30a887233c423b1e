// Real processes for tests: lockd and lockctl as users run them, over loopback and in a temporary
// directory. Everything started here is ended here, by its own pid.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <chrono>
#include <csignal>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <string>
#include <utility>
#include <vector>

namespace process {

using std::chrono::milliseconds;
using std::chrono::seconds;
using Clock = std::chrono::steady_clock;

// Far beyond what anything takes on a busy machine; a test that needs it has failed.
inline constexpr seconds kLong{60};

// Asks until it is true. The pause is not what makes a test pass: it only spares the processor.
inline bool Eventually(const std::function<bool()>& condition, milliseconds limit = kLong) {
  const auto end = Clock::now() + limit;
  constexpr timespec kPause{0, 5'000'000};
  while (!condition()) {
    if (Clock::now() > end) return false;
    nanosleep(&kPause, nullptr);
  }
  return true;
}

inline std::string ReadAll(const std::filesystem::path& file) {
  std::ifstream in(file, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

inline void WriteAll(const std::filesystem::path& file, const std::string& text) {
  std::ofstream(file, std::ios::binary) << text;
}

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = std::filesystem::temp_directory_path() / "quorate-test-XXXXXX";
    path_ = mkdtemp(pattern.data());
  }
  ~TemporaryDirectory() { std::filesystem::remove_all(path_); }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

using Environment = std::vector<std::pair<std::string, std::string>>;

// A program that runs, its output going to files. Ends with this object.
class Process {
 public:
  Process(std::vector<std::string> command, const std::filesystem::path& output,
          const Environment& environment = {}, const std::string& input = "/dev/null")
      : out_(output.string() + ".out"), err_(output.string() + ".err") {
    std::vector<char*> arguments;
    for (std::string& word : command) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    pid_ = fork();
    if (pid_ == 0) {
      Redirect(input, O_RDONLY, STDIN_FILENO);
      Redirect(out_, O_WRONLY | O_CREAT | O_TRUNC, STDOUT_FILENO);
      Redirect(err_, O_WRONLY | O_CREAT | O_TRUNC, STDERR_FILENO);
      for (const auto& [name, value] : environment) setenv(name.c_str(), value.c_str(), 1);
      execv(arguments[0], arguments.data());
      _exit(127);
    }
  }
  ~Process() {
    if (!status_) {
      kill(pid_, SIGCONT);
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  void Signal(int signal) const { kill(pid_, signal); }

  [[nodiscard]] bool HasEnded() {
    int status = 0;
    if (!status_ && waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
    return status_.has_value();
  }
  // As a shell tells it; -1 if it does not end.
  int ExitCode(milliseconds limit = kLong) {
    if (!Eventually([this] { return HasEnded(); }, limit)) return -1;
    return WIFSIGNALED(*status_) ? 128 + WTERMSIG(*status_) : WEXITSTATUS(*status_);
  }

  [[nodiscard]] std::string Out() const { return ReadAll(out_); }
  [[nodiscard]] std::string Err() const { return ReadAll(err_); }
  bool AwaitOut(const std::string& text) {
    return Eventually([&] { return Out().find(text) != std::string::npos || HasEnded(); }) &&
           Out().find(text) != std::string::npos;
  }
  bool AwaitErr(const std::string& text) {
    return Eventually([&] { return Err().find(text) != std::string::npos || HasEnded(); }) &&
           Err().find(text) != std::string::npos;
  }

 private:
  static void Redirect(const std::filesystem::path& file, int flags, int fd) {
    const int opened = open(file.c_str(), flags, 0644);
    if (opened < 0 || dup2(opened, fd) < 0) _exit(126);
    close(opened);
  }

  std::filesystem::path out_;
  std::filesystem::path err_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

// What a program that ended said.
struct Ended {
  int exit_code = -1;
  std::string out{};
  std::string err{};
};

// Ports that nobody used a moment ago. All are bound at once, so they differ.
inline std::vector<int> FreePorts(std::size_t count) {
  std::vector<int> sockets;
  std::vector<int> ports;
  for (std::size_t i = 0; i < count; ++i) {
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(fd, reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(getsockname(fd, reinterpret_cast<sockaddr*>(&address), &size), 0);
    sockets.push_back(fd);
    ports.push_back(ntohs(address.sin_port));
  }
  for (int fd : sockets) close(fd);
  return ports;
}

// A test with a directory of its own, in which it runs lockd and lockctl.
class ProcessTest : public ::testing::Test {
 protected:
  // A file name for a program's output.
  std::filesystem::path NextOutput() { return dir() / ("run-" + std::to_string(++runs_)); }
  [[nodiscard]] const std::filesystem::path& dir() const { return directory_.path(); }

  std::unique_ptr<Process> Start(const char* program, std::vector<std::string> arguments,
                                 const Environment& environment = {},
                                 const std::string& input = "/dev/null") {
    arguments.insert(arguments.begin(), program);
    return std::make_unique<Process>(std::move(arguments), NextOutput(), environment, input);
  }
  Ended RunToEnd(const char* program, std::vector<std::string> arguments,
                 const Environment& environment = {}, const std::string& input = "/dev/null") {
    const auto process = Start(program, std::move(arguments), environment, input);
    const int exit_code = process->ExitCode();
    return {exit_code, process->Out(), process->Err()};
  }
  Ended Lockd(std::vector<std::string> arguments) {
    return RunToEnd(LOCKD_PATH, std::move(arguments));
  }

 private:
  TemporaryDirectory directory_;
  int runs_ = 0;
};

// A cluster of lockd processes; node i is "n<i+1>".
class ClusterTest : public ProcessTest {
 protected:
  virtual std::size_t NodeCount() const { return 3; }

  // Somebody may take a port between its choice and its use: then with other ports.
  void SetUp() override {
    for (int attempt = 0; attempt < 5; ++attempt) {
      MakeCluster("cluster-" + std::to_string(attempt));
      bool all_ready = true;
      for (std::size_t i = 0; i < NodeCount(); ++i) StartNode(i);
      for (std::size_t i = 0; i < NodeCount(); ++i) all_ready &= AwaitReady(i);
      if (all_ready) return;
      nodes_.clear();
    }
    FAIL() << "no cluster could be started";
  }

  void StartNode(std::size_t i) {
    nodes_[i] = Start(LOCKD_PATH, {"run", "--cluster", cluster_file(), "--dir", node_dir(i)});
  }
  bool AwaitReady(std::size_t i) { return nodes_[i]->AwaitOut("ready node="); }
  void KillNode(std::size_t i) {
    nodes_[i]->Signal(SIGKILL);
    EXPECT_EQ(nodes_[i]->ExitCode(), 128 + SIGKILL);
  }
  [[nodiscard]] Process& node(std::size_t i) { return *nodes_[i]; }

  // Which node leads; asks until one does.
  std::size_t Leader() {
    std::optional<std::size_t> leader;
    EXPECT_TRUE(Eventually([&] { return (leader = LeaderNow()).has_value(); }));
    return leader.value_or(0);
  }

  std::unique_ptr<Process> StartCtl(std::vector<std::string> arguments,
                                    const std::string& input = "/dev/null") {
    return Start(LOCKCTL_PATH, std::move(arguments), {{"LOCK_ENDPOINTS", endpoints()}}, input);
  }
  Ended Ctl(std::vector<std::string> arguments, const Environment& more = {},
            const std::string& input = "/dev/null") {
    Environment environment = {{"LOCK_ENDPOINTS", endpoints()}};
    environment.insert(environment.end(), more.begin(), more.end());
    return RunToEnd(LOCKCTL_PATH, std::move(arguments), environment, input);
  }
  boost::json::value CtlJson(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {"-o", "json"});
    const Ended ended = Ctl(std::move(arguments));
    boost::json::error_code error;
    boost::json::value value = boost::json::parse(ended.out, error);
    EXPECT_FALSE(error) << ended.out << ended.err;
    return value;
  }

  // What `lockctl acquire` printed.
  struct Acquired {
    std::string session{};
    std::uint64_t token = 0;
  };
  std::optional<Acquired> Acquire(const std::string& name, const std::string& ttl,
                                  std::vector<std::string> more = {}) {
    std::vector<std::string> arguments = {"-o", "json", "acquire", "--ttl", ttl, name};
    arguments.insert(arguments.end(), more.begin(), more.end());
    const Ended ended = Ctl(arguments);
    if (ended.exit_code != 0) return std::nullopt;
    const boost::json::value value = boost::json::parse(ended.out);
    return Acquired{std::to_string(value.at("session").to_number<std::uint64_t>()),
                    value.at("token").to_number<std::uint64_t>()};
  }
  std::uint64_t WaitingFor(const std::string& name) {
    return CtlJson({"get", name}).at("waiting").to_number<std::uint64_t>();
  }
  std::optional<std::uint64_t> HolderToken(const std::string& name) {
    const boost::json::value lock = CtlJson({"get", name});
    if (lock.at("holder").is_null()) return std::nullopt;
    return lock.at("holder").at("token").to_number<std::uint64_t>();
  }

  [[nodiscard]] std::string cluster_file() const { return base_ / "cluster.json"; }
  [[nodiscard]] std::string node_dir(std::size_t i) const {
    return base_ / ("n" + std::to_string(i + 1));
  }
  [[nodiscard]] std::string endpoint(std::size_t i) const {
    return "127.0.0.1:" + std::to_string(ports_[NodeCount() + i]);
  }
  [[nodiscard]] int client_port(std::size_t i) const { return ports_[NodeCount() + i]; }
  [[nodiscard]] std::string endpoints() const {
    std::string all;
    for (std::size_t i = 0; i < NodeCount(); ++i) all += (i == 0 ? "" : ",") + endpoint(i);
    return all;
  }

 private:
  void MakeCluster(const std::string& name) {
    base_ = dir() / name;
    std::filesystem::create_directory(base_);
    ports_ = FreePorts(2 * NodeCount());
    std::vector<std::string> genesis = {"genesis", "--out", cluster_file()};
    for (std::size_t i = 0; i < NodeCount(); ++i) {
      genesis.push_back("--node");
      genesis.push_back("n" + std::to_string(i + 1) + "=127.0.0.1:" + std::to_string(ports_[i]) +
                        "," + endpoint(i));
    }
    ASSERT_EQ(Lockd(genesis).exit_code, 0);
    for (std::size_t i = 0; i < NodeCount(); ++i) {
      const Ended init = Lockd({"init", "--cluster", cluster_file(), "--name",
                                "n" + std::to_string(i + 1), "--dir", node_dir(i)});
      ASSERT_EQ(init.exit_code, 0) << init.err;
    }
    nodes_.clear();
    nodes_.resize(NodeCount());
  }

  std::optional<std::size_t> LeaderNow() {
    const boost::json::value servers = CtlJson({"status"});
    for (std::size_t i = 0; i < NodeCount(); ++i) {
      const boost::json::object& server = servers.at(i).as_object();
      if (server.at("reachable").as_bool() && server.at("role").as_string() == "leader") return i;
    }
    return std::nullopt;
  }

  std::filesystem::path base_;
  std::vector<int> ports_;
  std::vector<std::unique_ptr<Process>> nodes_;
};

}  // namespace process
