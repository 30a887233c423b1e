// lockd's subcommands. Each returns how the process ends and has said why on stderr by then.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "lockservice/exit_code.h"

namespace lockservice {

struct GenesisFlags {
  std::string out{};
  std::vector<std::string> nodes{};  // "n1=127.0.0.1:7101,127.0.0.1:7201"
  std::uint32_t alpha = 0;           // 0: the default
};
// Draws the ids of a new cluster and writes its cluster file.
ExitCode Genesis(const GenesisFlags& flags);

struct InitFlags {
  std::string cluster_file{};
  std::string name{};
  std::string directory{};
};
// Makes a directory the disk of one of the cluster's nodes.
ExitCode Init(const InitFlags& flags);

struct RunFlags {
  std::string cluster_file{};
  std::string directory{};
  std::string listen_peer{};    // empty: as the cluster file says
  std::string listen_client{};  // empty: as the cluster file says
  std::string log_level = "info";
  bool insecure = false;
  int ready_fd = 1;
};
// Serves until SIGTERM or SIGINT.
ExitCode Run(const RunFlags& flags);

// Says `status` on stderr; its exit code.
ExitCode Complain(const paxos::Status& status);

}  // namespace lockservice
