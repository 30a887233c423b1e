#include "paxos/genesis.h"

#include "paxos/archive.h"
#include "paxos/crc32c.h"

namespace paxos {

// A checksum finds a mistake, which is all that an edited file is. The upper half keeps it from 0.
GenesisDigest GenesisOf(std::uint32_t alpha, const Membership& membership) {
  std::string bytes;
  BinaryWriter writer(&bytes);
  writer.Write(alpha);
  writer.Write(membership.voters());  // ascending
  return GenesisDigest{std::uint64_t{1} << 32 | Crc32c(bytes)};
}

}  // namespace paxos
