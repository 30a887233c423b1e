// A cluster of lockd processes on this machine, for as long as a run takes: free loopback ports, a
// temporary directory on a real disk, stopped by pid and removed afterwards.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bench/lockbench_process.h"
#include "paxos/result.h"

namespace bench {

struct ClusterOptions {
  std::string lockd{};             // the program
  std::string parent_directory{};  // where the temporary one is made
  std::uint32_t nodes = 3;
};

class Cluster {
 public:
  // Makes the cluster file and the disks, and starts the nodes; they need a moment to elect.
  static paxos::Result<Cluster> Start(const ClusterOptions& options);
  // Kills what runs and removes the directory, unless it is to be kept.
  ~Cluster();
  Cluster(Cluster&&) noexcept = default;
  Cluster& operator=(Cluster&&) = delete;

  [[nodiscard]] std::size_t size() const { return nodes_.size(); }
  // Clients' addresses, by node.
  [[nodiscard]] std::vector<std::string> endpoints() const;
  [[nodiscard]] const std::string& directory() const { return directory_; }
  void KeepDirectory() { is_kept_ = true; }
  [[nodiscard]] std::vector<std::string> data_directories() const;

  void Signal(std::size_t node, int signal) const { nodes_[node].process.Signal(signal); }
  // SIGKILL, and waits for the end.
  void Kill(std::size_t node);
  paxos::Status Restart(std::size_t node);
  // SIGTERM to all; kInternal if one ends in another way than by its own will.
  paxos::Status StopAll();
  // What went wrong, if nodes have ended that should run: the end of each one's log.
  [[nodiscard]] std::string Logs() const;

  [[nodiscard]] double cpu_seconds() const;
  [[nodiscard]] std::vector<double> resident_megabytes() const;

 private:
  struct Node {
    std::string name{};
    std::string peer_address{};
    std::string client_address{};
    Process process{};
  };

  Cluster(std::string lockd, std::string directory);
  paxos::Status Create();
  paxos::Status RunToEnd(const std::vector<std::string>& arguments) const;
  [[nodiscard]] std::string File(const std::string& name) const { return directory_ + "/" + name; }

  std::string lockd_;
  std::string directory_;
  std::vector<Node> nodes_;
  bool is_kept_ = false;
};

// True if files there live in memory: syncs cost nothing, and figures mean nothing.
bool IsInMemory(const std::string& directory);

}  // namespace bench
