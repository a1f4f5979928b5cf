// SPDX-License-Identifier: Apache-2.0
// SPDX-FileCopyrightText: The nuncio authors
#include "filter/fields.h"

#include <algorithm>

#include "base/text.h"

namespace nuncio::filter {

void edit_fields(FieldList& fields, const route::FieldEdits& edits) {
  if (edits.empty()) return;
  if (!edits.remove.empty()) {
    fields.remove_if([&edits](const Field& field) {
      return std::ranges::any_of(edits.remove, [&field](const std::string& name) { return equals_ignore_case(name, field.name); });
    });
  }
  for (const route::FieldToAdd& add : edits.add) {
    if (!add.append) fields.remove_if([&add](const Field& field) { return equals_ignore_case(add.name, field.name); });
    fields.add(add.name, add.value, add.id);
  }
}

}  // namespace nuncio::filter
