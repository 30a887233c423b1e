// The floor under a replicated commit on this machine: what one round trip and one sync on a
// majority cost with no protocol at all. Other figures are given as multiples of it.
//
//   client ──request──> leader ──request──> follower 1: write, sync, ack
//      ^                  │ └────request──> follower 2: write, sync, ack
//      └──── reply <──────┘ own write and sync, meanwhile; done at the first ack after it
//
// Four processes over loopback TCP, each log a file of its own in the given directory. Prints one
// JSON line with the keys of bench/peers.
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <string>
#include <vector>

namespace {

constexpr std::size_t kEntryBytes = 128;
constexpr std::size_t kAckBytes = 16;
constexpr off_t kFileBytes = off_t{64} << 20;

struct Options {
  std::string directory = ".";
  double seconds = 10;
  double warm_up = 1;
  std::string log = "append";
  std::size_t batch = 1;
};

[[noreturn]] void Die(const char* what) {
  std::perror(what);
  std::_Exit(71);
}

// ---- sockets --------------------------------------------------------------------------------

struct SocketPair {
  int near = -1;
  int far = -1;
};

void SetNoDelay(int fd) {
  const int one = 1;
  if (setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one) != 0) Die("TCP_NODELAY");
}

SocketPair ConnectOverLoopback() {
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 1) != 0) Die("listen");
  if (getsockname(listener, generic, &size) != 0) Die("getsockname");
  SocketPair pair;
  pair.near = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(pair.near, generic, size) != 0) Die("connect");
  pair.far = accept(listener, nullptr, nullptr);
  close(listener);
  SetNoDelay(pair.near);
  SetNoDelay(pair.far);
  return pair;
}

void SendAll(int fd, const std::vector<char>& bytes) {
  for (std::size_t sent = 0; sent < bytes.size();) {
    const ssize_t n = send(fd, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (n <= 0) std::_Exit(0);  // the other side has finished
    sent += static_cast<std::size_t>(n);
  }
}

// False at the end of the stream.
bool ReceiveAll(int fd, std::vector<char>* bytes) {
  for (std::size_t got = 0; got < bytes->size();) {
    const ssize_t n = recv(fd, bytes->data() + got, bytes->size() - got, 0);
    if (n <= 0) return false;
    got += static_cast<std::size_t>(n);
  }
  return true;
}

// ---- log ------------------------------------------------------------------------------------

class Log {
 public:
  Log(const Options& options, int number) {
    const std::string path = options.directory + "/floor." + std::to_string(number);
    fd_ = open(path.c_str(), O_RDWR | O_CREAT | O_TRUNC, 0600);
    if (fd_ < 0) Die(path.c_str());
    unlink(path.c_str());
    if (options.log == "preallocated") Fill();
  }

  void WriteAndSync(const std::vector<char>& bytes) {
    if (pwrite(fd_, bytes.data(), bytes.size(), end_) != static_cast<ssize_t>(bytes.size()))
      Die("write");
    if (fdatasync(fd_) != 0) Die("fdatasync");
    end_ += static_cast<off_t>(bytes.size());
    if (end_ + static_cast<off_t>(bytes.size()) > kFileBytes) end_ = 0;
  }

 private:
  void Fill() {
    const std::vector<char> zeroes(std::size_t{1} << 20);
    for (off_t at = 0; at < kFileBytes; at += static_cast<off_t>(zeroes.size()))
      if (pwrite(fd_, zeroes.data(), zeroes.size(), at) < 0) Die("preallocate");
    if (fsync(fd_) != 0) Die("fsync");
  }

  int fd_ = -1;
  off_t end_ = 0;
};

// ---- the three nodes ------------------------------------------------------------------------

[[noreturn]] void RunFollower(const Options& options, int number, int leader) {
  Log log(options, number);
  std::vector<char> request(options.batch * kEntryBytes);
  const std::vector<char> ack(kAckBytes);
  while (ReceiveAll(leader, &request)) {
    log.WriteAndSync(request);
    SendAll(leader, ack);
  }
  std::_Exit(0);
}

// Counts acks as they come; a slow follower's are behind by more than one.
class Followers {
 public:
  explicit Followers(std::array<int, 2> sockets) : sockets_(sockets) {}

  void Send(const std::vector<char>& request) {
    for (const int fd : sockets_) SendAll(fd, request);
  }
  void WaitForOneAck(std::size_t wanted) {
    while (acked_[0] / kAckBytes < wanted && acked_[1] / kAckBytes < wanted) Poll();
  }

 private:
  void Poll() {
    std::array<pollfd, 2> polled{{{sockets_[0], POLLIN, 0}, {sockets_[1], POLLIN, 0}}};
    poll(polled.data(), polled.size(), -1);
    for (std::size_t i = 0; i < polled.size(); ++i) {
      if (polled[i].revents == 0) continue;
      std::array<char, 4096> bytes{};
      const ssize_t n = recv(sockets_[i], bytes.data(), bytes.size(), MSG_DONTWAIT);
      if (n == 0) std::_Exit(0);
      if (n > 0) acked_[i] += static_cast<std::size_t>(n);
    }
  }

  std::array<int, 2> sockets_;
  std::array<std::size_t, 2> acked_{};
};

[[noreturn]] void RunLeader(const Options& options, int client, std::array<int, 2> sockets) {
  Log log(options, 0);
  Followers followers(sockets);
  std::vector<char> request(options.batch * kEntryBytes);
  const std::vector<char> reply(kAckBytes);
  for (std::size_t commits = 1; ReceiveAll(client, &request); ++commits) {
    followers.Send(request);
    log.WriteAndSync(request);
    followers.WaitForOneAck(commits);
    SendAll(client, reply);
  }
  std::_Exit(0);
}

// ---- the client -----------------------------------------------------------------------------

using Clock = std::chrono::steady_clock;

double SecondsBetween(Clock::time_point from, Clock::time_point to) {
  return std::chrono::duration<double>(to - from).count();
}

// Latencies in seconds of the commits after the warm-up.
std::vector<double> Commit(const Options& options, int leader) {
  const std::vector<char> request(options.batch * kEntryBytes, 'c');
  std::vector<char> reply(kAckBytes);
  std::vector<double> latencies;
  const auto begin = Clock::now();
  for (auto now = begin; SecondsBetween(begin, now) < options.warm_up + options.seconds;) {
    const auto sent = now;
    SendAll(leader, request);
    if (!ReceiveAll(leader, &reply)) Die("the leader went away");
    now = Clock::now();
    if (SecondsBetween(begin, sent) >= options.warm_up)
      latencies.push_back(SecondsBetween(sent, now));
  }
  return latencies;
}

void Print(const Options& options, std::vector<double> latencies) {
  std::sort(latencies.begin(), latencies.end());
  const auto at = [&](double share) {
    return 1e6 *
           latencies[static_cast<std::size_t>(share * static_cast<double>(latencies.size() - 1))];
  };
  const std::size_t operations = latencies.size() * options.batch;
  std::printf(
      "{\"system\":\"floor\",\"workload\":\"commit3_%s\",\"c\":%zu,\"ops\":%zu,\"ops_per_s\":%.1f,"
      "\"p50_us\":%.1f,\"p99_us\":%.1f,\"max_us\":%.1f}\n",
      options.log.c_str(), options.batch, operations,
      static_cast<double>(operations) / options.seconds, at(0.5), at(0.99), at(1.0));
}

int Run(const Options& options) {
  const SocketPair client = ConnectOverLoopback();
  const std::array<SocketPair, 2> links{ConnectOverLoopback(), ConnectOverLoopback()};
  std::vector<pid_t> children;
  for (int number = 1; number <= 2; ++number) {
    const pid_t child = fork();
    if (child == 0) {
      close(client.near);
      for (const SocketPair& link : links) close(link.near);
      RunFollower(options, number, links[static_cast<std::size_t>(number - 1)].far);
    }
    children.push_back(child);
  }
  const pid_t leader = fork();
  if (leader == 0) {
    close(client.near);
    for (const SocketPair& link : links) close(link.far);
    RunLeader(options, client.far, {links[0].near, links[1].near});
  }
  children.push_back(leader);
  close(client.far);
  for (const SocketPair& link : links) {
    close(link.near);
    close(link.far);
  }
  std::vector<double> latencies = Commit(options, client.near);
  close(client.near);
  for (const pid_t child : children) waitpid(child, nullptr, 0);
  if (latencies.empty()) return 1;
  Print(options, std::move(latencies));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app{"The cost of a bare 3-node commit on this machine: no protocol, every sync real."};
  app.add_option("--dir", options.directory, "where the logs are written; must be on a real disk")
      ->capture_default_str()
      ->check(CLI::ExistingDirectory);
  app.add_option("--secs", options.seconds, "measured seconds")->capture_default_str();
  app.add_option("--warm", options.warm_up, "warm-up seconds")->capture_default_str();
  app.add_option("--log", options.log, "append: the file grows; preallocated: it is overwritten")
      ->capture_default_str()
      ->check(CLI::IsMember({"append", "preallocated"}));
  app.add_option("-c,--batch", options.batch, "entries of 128 bytes per commit")
      ->capture_default_str()
      ->check(CLI::Range(1, 4096));
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 64;
  }
  return Run(options);
}
