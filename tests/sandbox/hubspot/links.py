"""The associations between records. Callers must hold the portal's lock."""


class Links:
    """All associations, stored in both directions: {(type, id): {(type, id): association types}}.

    :param types: the account's :class:`~.association_types.AssociationTypes`
    """

    def __init__(self, types):
        self.types = types
        self._of = {}

    def add(self, kind, source_id, target_id):
        """Associate; with a label the unlabelled association comes along, and there is only one primary company."""
        if kind.label == "Primary":
            self._end_primary(kind, source_id, target_id)
        for each in {kind, self.types.between(kind.source, kind.target)[0]}:
            self._set(each, source_id, target_id)
            self._set(each.inverse, target_id, source_id)

    def _set(self, kind, source_id, target_id):
        links = self._of.setdefault((kind.source, source_id), {})
        links.setdefault((kind.target, target_id), set()).add(kind)

    def _end_primary(self, kind, source_id, target_id):
        """End the previous primary company of a record: it can have only one."""
        if kind.target != "companies":
            kind, source_id, target_id = kind.inverse, target_id, source_id
        for (object_type, other), types in list(self._of.get((kind.source, source_id), {}).items()):
            if object_type == "companies" and other != target_id and kind in types:
                self.remove_type(kind, source_id, other)

    def remove_type(self, kind, source_id, target_id):
        """Remove one type. Removing the unlabelled one removes the whole association."""
        if kind.label is None:
            self.remove((kind.source, source_id), (kind.target, target_id))
            return
        self._discard((kind.source, source_id), (kind.target, target_id), kind)
        self._discard((kind.target, target_id), (kind.source, source_id), kind.inverse)

    def _discard(self, source, target, kind):
        self._of.get(source, {}).get(target, set()).discard(kind)

    def remove(self, source, target):
        """Remove all associations between two records, each given as (type, id)."""
        self._of.get(source, {}).pop(target, None)
        self._of.get(target, {}).pop(source, None)

    def remove_all(self, record):
        """Remove all associations of a record, given as (type, id), that was archived or deleted permanently."""
        for target in list(self._of.get(record, {})):
            self.remove(record, target)
        self._of.pop(record, None)

    def move(self, object_type, old_id, new_id):
        """Move the associations of a merged record to the survivor."""
        for (_type, target_id), types in list(self._of.get((object_type, old_id), {}).items()):
            for kind in sorted(types, key=lambda each: each.label is not None):
                if kind.label != "Primary" or not self._has(object_type, new_id, kind):
                    self.add(kind, new_id, target_id)
        self.remove_all((object_type, old_id))

    def _has(self, object_type, record_id, kind):
        return any(kind in types for types in self._of.get((object_type, record_id), {}).values())

    def of(self, object_type, record_id, target_type):
        """[(id, association types)] with records of that type, the oldest first."""
        links = self._of.get((object_type, record_id), {})
        return [
            (other, sorted(types, key=lambda kind: (kind.category, kind.id)))
            for (kind_of_other, other), types in links.items()
            if kind_of_other == target_type
        ]

    def export(self, object_type, record_id):
        """{type: [ids]} for the control API."""
        found = {}
        for target_type, target_id in self._of.get((object_type, record_id), {}):
            found.setdefault(target_type, []).append(target_id)
        return found
