// What pointers in map values and objects (kptrs) may point to, as the layers above say it: which structs are the
// kernel's, and which of them can be let go of when a map dies.
//
// Types alone do not tell: a struct of the kernel may be kept by reference when there is a call that gives it up, and
// calls are no business of this layer. Tested by tests/btf/special_fields_test.cpp and
// tests/calls/kptr_targets_test.cpp.
#pragma once

#include <memory>
#include <string_view>

#include "btf/btf.hpp"

namespace skep::btf {

// Lets go of one reference to an object of the kernel's.
class Destructor {
 public:
  virtual ~Destructor() = default;
  virtual void destroy(void* object) const = 0;
};

struct KptrTarget {
  std::shared_ptr<const Btf> btf;  // null: no such struct in the kernel, so it is one that programs allocate
  TypeId type = 0;
  std::shared_ptr<const Destructor> destructor;  // null: no map may keep it by reference
};

class KptrTargets {
 public:
  virtual ~KptrTargets() = default;
  virtual KptrTarget find(std::string_view name, Kind kind) const = 0;
};

}  // namespace skep::btf
