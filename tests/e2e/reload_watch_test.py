"""reload.watch: the file is taken when it changes, however it changes."""

import os
import unittest

from harness import Backend, Gateway, eventually, main, one_route
from reloading import naming


class WatchTest(unittest.TestCase):
    def setUp(self):
        self.old = self.enterContext(Backend(naming("old")))
        self.new = self.enterContext(Backend(naming("new")))

    def config(self, backend, watch=True):
        return one_route(backend.url, reload={"watch": watch})

    def wait_served(self, gateway, name, timeout=10):
        def served():
            with gateway.client() as client:
                return client.get("/").read_response().body == name.encode()

        eventually(served, timeout, f"the answer {name}")

    def test_a_file_that_is_renamed_into_its_place_is_taken(self):
        with Gateway(self.config(self.old)) as gateway:
            self.wait_served(gateway, "old")
            for backend, name in ((self.new, "new"), (self.old, "old")):
                gateway.rewrite(self.config(backend))
                self.wait_served(gateway, name)

    def test_a_file_that_is_written_in_place_is_taken_when_it_is_whole(self):
        with Gateway(self.config(self.old)) as gateway:
            text = gateway._complete(self.config(self.new))  # pylint: disable=protected-access
            with gateway.config_path.open("w", encoding="utf-8") as file:
                file.write(text[:40])
                file.flush()
                file.write(text[40:])
            self.wait_served(gateway, "new")

    def test_a_symbolic_link_that_is_turned_is_followed(self):
        """As Kubernetes does with a ConfigMap: file -> ..data/file, ..data -> a directory of this version."""
        with Gateway(self.config(self.old, watch=False)) as gateway:
            versions = {}
            for name, backend in (("1", self.old), ("2", self.new)):
                versions[name] = gateway.directory / f"..version{name}"
                versions[name].mkdir()
                text = gateway._complete(self.config(backend))  # pylint: disable=protected-access
                (versions[name] / "inferway.yaml").write_text(text, encoding="utf-8")
            data, fresh = gateway.directory / "..data", gateway.directory / "..data.new"
            data.symlink_to("..version1")
            gateway.config_path.unlink()
            gateway.config_path.symlink_to("..data/inferway.yaml")
            gateway.reload()  # the watch begins
            fresh.symlink_to("..version2")
            os.replace(fresh, data)
            self.wait_served(gateway, "new")

    def test_what_is_beside_it_is_nobody_s_business(self):
        with Gateway(self.config(self.old)) as gateway:
            (gateway.directory / "other.yaml").write_text("x: 1\n", encoding="utf-8")
            gateway.rewrite(self.config(self.new))
            self.wait_served(gateway, "new")
            self.assertEqual(gateway.metric("inferway_config_generation"), 2)

    def test_a_wrong_file_is_refused_and_the_next_right_one_taken(self):
        with Gateway(self.config(self.old)) as gateway:
            gateway.rewrite("routes: nonsense\n")
            gateway.wait_log("the reload is refused", timeout=10)
            self.wait_served(gateway, "old")
            gateway.rewrite(self.config(self.new))
            self.wait_served(gateway, "new")

    def test_a_change_while_the_one_before_is_read_is_not_lost(self):
        many = [{"match": {"path": f"/{n}"}, "to": [{"backend": "main"}]} for n in range(5000)]
        with Gateway(self.config(self.old)) as gateway:
            slow = self.config(self.old)
            gateway.rewrite({**slow, "routes": [*slow["routes"], *many]})
            gateway.wait_log("file has changed", timeout=10)  # and is read from now on
            gateway.rewrite(self.config(self.new))
            self.wait_served(gateway, "new")

    def test_a_change_of_who_may_read_it_is_a_change(self):
        """What was refused because it could not be read."""
        with Gateway(self.config(self.old)) as gateway:
            gateway.config_path.chmod(0o600)
            eventually(lambda: gateway.metric("inferway_config_generation") == 2)

    def test_watching_itself_begins_and_ends_with_a_reload(self):
        with Gateway(self.config(self.old, watch=False)) as gateway:
            gateway.reload(self.config(self.old, watch=True))
            gateway.rewrite(self.config(self.new, watch=False))
            self.wait_served(gateway, "new")
            generation = gateway.metric("inferway_config_generation")
            gateway.rewrite(self.config(self.old, watch=True))
            self.wait_served(gateway, "new")
            self.assertEqual(gateway.metric("inferway_config_generation"), generation)


if __name__ == "__main__":
    main()
