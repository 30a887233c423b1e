#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace paxos::storage {

struct StorageOptions {
  // Below so many free bytes on the disk, writing fails for good: a full disk would fail it too,
  // but in the middle of LevelDB's own files. Looked at when opening and every 8 MiB written.
  std::uint64_t free_bytes_min = std::uint64_t{64} << 20;

  // What LevelDB gathers in memory, and in one log file, before it writes a table file. Twice this
  // can be in use while a table is written. A small one means frequent tables and merging them.
  std::size_t write_buffer_bytes = std::size_t{64} << 20;

  // Log files are filled with zeros in such steps (FileGrowth). 0: they grow with each write.
  std::uint64_t log_step_bytes = std::uint64_t{1} << 20;

  // How far the anchor may lag behind the log: what a lost log file can hide from this node alone.
  std::chrono::milliseconds anchor_interval{1000};
};

}  // namespace paxos::storage
