#include "bench/lockbench_cluster.h"

#include <arpa/inet.h>
#include <linux/magic.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/vfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <system_error>
#include <utility>

namespace bench {

using paxos::ErrorCode;
using paxos::Result;
using paxos::Status;

namespace {

// Below the range that the kernel picks outgoing ports from: a node that is restarted must not find
// its port taken by somebody's connection.
constexpr std::uint16_t kFirstPort = 15000;
constexpr std::uint16_t kLastPort = 32000;

bool IsFree(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  const bool is_free = ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  ::close(fd);
  return is_free;
}

// Runs side by side begin their search at different places.
std::vector<std::string> FreeAddresses(std::size_t count) {
  std::vector<std::string> addresses;
  const int span = kLastPort - kFirstPort;
  for (int i = 0; i < span && addresses.size() < count; ++i) {
    const auto port = static_cast<std::uint16_t>(kFirstPort + (::getpid() * 16 + i) % span);
    if (IsFree(port)) addresses.push_back("127.0.0.1:" + std::to_string(port));
  }
  return addresses;
}

Result<std::string> MakeDirectory(const std::string& parent) {
  std::string path = parent + "/lockbench-XXXXXX";
  if (::mkdtemp(path.data()) == nullptr)
    return Status(ErrorCode::kIo, "make a directory in " + parent + ": " + std::strerror(errno));
  return path;
}

std::string EndOfFile(const std::string& path) {
  constexpr std::size_t kShown = 2000;
  std::ifstream file(path);
  const std::string all(std::istreambuf_iterator<char>(file), {});
  return all.substr(all.size() - std::min(all.size(), kShown));
}

}  // namespace

Cluster::Cluster(std::string lockd, std::string directory)
    : lockd_(std::move(lockd)), directory_(std::move(directory)) {}

Result<Cluster> Cluster::Start(const ClusterOptions& options) {
  auto directory = MakeDirectory(options.parent_directory);
  if (!directory) return directory.error();
  Cluster cluster(options.lockd, *std::move(directory));
  const auto addresses = FreeAddresses(2 * std::size_t{options.nodes});
  if (addresses.size() < 2 * std::size_t{options.nodes})
    return Status(ErrorCode::kIo, "no free ports on 127.0.0.1");
  for (std::uint32_t i = 0; i < options.nodes; ++i) {
    cluster.nodes_.push_back(
        {"n" + std::to_string(i + 1), addresses[2 * i], addresses[2 * i + 1], {}});
  }
  Status status = cluster.Create();
  for (std::size_t node = 0; status.ok() && node < cluster.size(); ++node)
    status = cluster.Restart(node);
  if (!status.ok()) return status;
  return cluster;
}

// A cluster that was moved from has no directory and no nodes.
Cluster::~Cluster() {
  nodes_.clear();
  std::error_code ignored;
  if (!directory_.empty() && !is_kept_) std::filesystem::remove_all(directory_, ignored);
}

Status Cluster::Create() {
  std::vector<std::string> genesis{"genesis", "--out", File("cluster.json")};
  for (const Node& node : nodes_) {
    genesis.push_back("--node");
    genesis.push_back(node.name + "=" + node.peer_address + "," + node.client_address);
  }
  Status status = RunToEnd(genesis);
  for (const Node& node : nodes_) {
    if (!status.ok()) break;
    status = RunToEnd(
        {"init", "--cluster", File("cluster.json"), "--name", node.name, "--dir", File(node.name)});
  }
  return status;
}

Status Cluster::RunToEnd(const std::vector<std::string>& arguments) const {
  std::vector<std::string> command{lockd_};
  command.insert(command.end(), arguments.begin(), arguments.end());
  const std::string log = File(arguments.front() + ".log");
  Result<Process> process = Process::Start(command, log);
  if (!process) return process.error();
  const int code = process->Wait();
  if (code == 0) return Status::Ok();
  return {ErrorCode::kInternal, lockd_ + " " + arguments.front() + " ended with exit code " +
                                    std::to_string(code) + ": " + EndOfFile(log)};
}

void Cluster::Kill(std::size_t node) {
  nodes_[node].process.Signal(SIGKILL);
  nodes_[node].process.Wait();
}

Status Cluster::Restart(std::size_t node) {
  const std::string& name = nodes_[node].name;
  Result<Process> process = Process::Start(
      {lockd_, "run", "--cluster", File("cluster.json"), "--dir", File(name)}, File(name + ".log"));
  if (!process) return process.error();
  nodes_[node].process = *std::move(process);
  return Status::Ok();
}

Status Cluster::StopAll() {
  for (const Node& node : nodes_) node.process.Signal(SIGTERM);
  std::string unclean;
  for (Node& node : nodes_) {
    if (!node.process.is_running()) continue;
    if (const int code = node.process.Wait(); code != 0)
      unclean += node.name + " ended with exit code " + std::to_string(code) + "; ";
  }
  return unclean.empty() ? Status::Ok() : Status(ErrorCode::kInternal, unclean + "\n" + Logs());
}

// ---- what it is like ------------------------------------------------------------------------

std::vector<std::string> Cluster::endpoints() const {
  std::vector<std::string> endpoints;
  for (const Node& node : nodes_) endpoints.push_back(node.client_address);
  return endpoints;
}

std::vector<std::string> Cluster::data_directories() const {
  std::vector<std::string> directories;
  for (const Node& node : nodes_) directories.push_back(File(node.name));
  return directories;
}

std::string Cluster::Logs() const {
  std::string logs;
  for (const Node& node : nodes_)
    logs += "---- " + node.name + "\n" + EndOfFile(File(node.name + ".log"));
  return logs;
}

double Cluster::cpu_seconds() const {
  double seconds = 0;
  for (const Node& node : nodes_) seconds += CpuSeconds(node.process.pid());
  return seconds;
}

std::vector<double> Cluster::resident_megabytes() const {
  std::vector<double> megabytes;
  for (const Node& node : nodes_) megabytes.push_back(ResidentMegabytes(node.process.pid()));
  return megabytes;
}

bool IsInMemory(const std::string& directory) {
  struct statfs info {};
  if (::statfs(directory.c_str(), &info) != 0) return false;
  return info.f_type == TMPFS_MAGIC || info.f_type == RAMFS_MAGIC;
}

}  // namespace bench
