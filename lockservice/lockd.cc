// The lock server: makes clusters, makes disks, and serves.
#include "lockservice/lockd.h"

#include <CLI/CLI.hpp>
#include <cstdio>

namespace lockservice {

ExitCode Complain(const paxos::Status& status) {
  std::fprintf(stderr, "lockd: %s\n", status.ToString().c_str());
  return ExitCodeOf(status);
}

namespace {

constexpr const char* kFooter = R"(
A cluster of three on one machine:
  lockd genesis --out cluster.json --node n1=127.0.0.1:7101,127.0.0.1:7201 \
      --node n2=127.0.0.1:7102,127.0.0.1:7202 --node n3=127.0.0.1:7103,127.0.0.1:7203
  for n in n1 n2 n3; do lockd init --cluster cluster.json --name $n --dir data-$n; done
  for n in n1 n2 n3; do lockd run --cluster cluster.json --dir data-$n & done
  lockctl --endpoints 127.0.0.1:7201,127.0.0.1:7202,127.0.0.1:7203 status

Exit codes: 0 clean stop; 1 conflict: what is to be made is there already, or another process runs
as this node; 64 usage; 65 damaged data; 66 no such directory or file; 70 broken invariant; 71 a
port cannot be had; 74 the disk failed; 75 the directory is in use; 76 directory of another node,
cluster or format, or made for other members; 78 the configuration makes no sense.)";

CLI::App* AddGenesis(CLI::App& app, GenesisFlags& flags) {
  CLI::App* genesis = app.add_subcommand(
      "genesis", "Draw the ids of a new cluster and write its cluster file, once");
  genesis->add_option("--out", flags.out, "Cluster file to write; must not exist")->required();
  genesis
      ->add_option("--node", flags.nodes,
                   "NAME=PEER,CLIENT: a node, where other nodes reach it, and where clients do; "
                   "once for each of 1, 3, 5, ... nodes")
      ->required()
      ->take_all()
      ->delimiter('\0');
  genesis->add_option("--alpha", flags.alpha, "Slots in flight at most (default 64)");
  return genesis;
}

CLI::App* AddInit(CLI::App& app, InitFlags& flags) {
  CLI::App* init =
      app.add_subcommand("init", "Make a directory the disk of one of the cluster's nodes, once");
  init->add_option("--cluster", flags.cluster_file, "Cluster file")->required();
  init->add_option("--name", flags.name, "Which node of it")->required();
  init->add_option("--dir", flags.directory, "Directory to make; must not exist, or be empty")
      ->required();
  return init;
}

CLI::App* AddRun(CLI::App& app, RunFlags& flags) {
  CLI::App* run = app.add_subcommand("run", "Serve until SIGTERM");
  run->add_option("--cluster", flags.cluster_file, "Cluster file")->required();
  run->add_option("--dir", flags.directory, "The node's directory, as `lockd init` made it")
      ->required();
  run->add_option("--listen-peer", flags.listen_peer,
                  "HOST:PORT to listen on for peers, if not the cluster file's");
  run->add_option("--listen-client", flags.listen_client,
                  "HOST:PORT to listen on for clients, if not the cluster file's");
  run->add_flag("--insecure", flags.insecure,
                "Serve other machines without encryption or passwords: whoever reaches the ports "
                "may take every lock");
  run->add_option("--log-level", flags.log_level, "trace, debug, info, warn or error")
      ->check(CLI::IsMember({"trace", "debug", "info", "warn", "error"}))
      ->capture_default_str();
  run->add_option("--ready-fd", flags.ready_fd,
                  "File descriptor for the one line that says where it serves")
      ->capture_default_str();
  return run;
}

int Main(int argc, char** argv) {
  CLI::App app("lockd: a node of Quorate's lock service");
  app.footer(kFooter);
  app.require_subcommand(1);
  GenesisFlags genesis_flags;
  InitFlags init_flags;
  RunFlags run_flags;
  const CLI::App* genesis = AddGenesis(app, genesis_flags);
  const CLI::App* init = AddInit(app, init_flags);
  AddRun(app, run_flags);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : static_cast<int>(ExitCode::kUsage);
  }
  if (genesis->parsed()) return static_cast<int>(Genesis(genesis_flags));
  if (init->parsed()) return static_cast<int>(Init(init_flags));
  return static_cast<int>(Run(run_flags));
}

}  // namespace
}  // namespace lockservice

int main(int argc, char** argv) {
  lockservice::ExitOnBrokenInvariant("lockd");
  return lockservice::Main(argc, argv);
}
