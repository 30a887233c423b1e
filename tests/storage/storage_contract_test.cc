#include "storage/memory_storage.h"
#include "tests/storage/contract.h"
#include "tests/storage/leveldb_disk.h"

namespace paxos::storage {
namespace {

class MemoryDiskUnderTest {
 public:
  std::unique_ptr<MemoryStorage> Open(Post post, StorageEvents& events) {
    auto storage = std::make_unique<MemoryStorage>(disk_, std::move(post));
    storage->Start(events);
    return storage;
  }
  void LosePower(std::unique_ptr<Storage> storage) {
    storage.reset();
    disk_->FailWrites(Status::Ok());
  }
  void FailWrites() { disk_->FailWrites({ErrorCode::kIo, "as asked"}); }

 private:
  std::shared_ptr<MemoryDisk> disk_ = std::make_shared<MemoryDisk>();
};

INSTANTIATE_TYPED_TEST_SUITE_P(Memory, StorageContract, MemoryDiskUnderTest);
INSTANTIATE_TYPED_TEST_SUITE_P(LevelDb, StorageContract, LevelDbDisk);

}  // namespace
}  // namespace paxos::storage
