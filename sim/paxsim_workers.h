// The processes that run seeds: each takes its share of a list, in order, and sends a frame per
// result through a pipe.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "sim/paxsim_run.h"

namespace paxos::sim {

using WallClock = std::chrono::steady_clock;

class Workers {
 public:
  struct Events {
    std::function<void(const SeedResult&)> on_result{};
    // The process died at this seed.
    std::function<void(std::uint64_t seed, const std::string& of_what)> on_death{};
  };

  // Starts `jobs` processes over `seeds`; none begins a seed after `deadline`. `seeds` must outlive
  // the workers.
  Workers(const Recipe& recipe, const std::vector<std::uint64_t>& seeds, unsigned jobs,
          WallClock::time_point deadline, Events events);
  Workers(const Workers&) = delete;
  Workers& operator=(const Workers&) = delete;

  // Waits up to a second for results and hands them on. False once every process has ended.
  bool ReadSome();
  // Ends the processes; results that were sent already are still read.
  void Stop();

 private:
  struct Worker {
    int pid = 0;
    int in = -1;  // -1: it has ended
    std::string buffer{};
    std::size_t next = 0;  // the place of the seed it is at
  };

  void Spawn(const Recipe& recipe, unsigned job, WallClock::time_point deadline);
  void ReadFrom(Worker& worker);
  void Bury(Worker& worker);

  const std::vector<std::uint64_t>& seeds_;
  unsigned jobs_;
  Events events_;
  std::vector<Worker> workers_;
  bool is_stopping_ = false;
};

// What all processes that have ended used of processors.
double CoreSecondsOfChildren();

}  // namespace paxos::sim
