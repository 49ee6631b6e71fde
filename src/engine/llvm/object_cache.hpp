// Machine code that was made already, by content: a program that is loaded again is not compiled again.
//
// The content is all that the compiler is given: the program in LLVM's form, and how it is to be compiled. Whatever
// code depends on is in there (constants that were folded, offsets, sizes of maps, functions of this process), and
// nothing else: where the program's own things are is filled in for each (object.hpp). So what is the same for two
// programs is the same for two Kernels, and this is the process's. It is compared whole, not by a digest. What was not
// asked for longest goes first, once there is more than most_bytes. Tested by tests/engine/object_cache_test.cpp.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>

namespace skep::engine::native {

class ObjectCache {
 public:
  explicit ObjectCache(std::size_t most_bytes) : most_bytes_(most_bytes) {}
  static ObjectCache& of_process();

  using Object = std::shared_ptr<const std::string>;
  Object find(std::string_view content);  // null: there is none
  void add(std::string content, Object object);
  std::size_t bytes() const;

 private:
  struct Entry {
    std::string content;
    Object object;
    std::size_t bytes() const { return content.size() + object->size(); }
  };
  const std::size_t most_bytes_;
  mutable std::mutex lock_;
  std::list<Entry> entries_;  // those asked for last are first
  std::unordered_map<std::string_view, std::list<Entry>::iterator> by_content_;
  std::size_t bytes_ = 0;
};

}  // namespace skep::engine::native
